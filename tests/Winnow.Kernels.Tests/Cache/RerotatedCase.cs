using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Norm;
using Winnow.Kernels.Tests.Norm;

namespace Winnow.Kernels.Tests.Cache;

/// <summary>New positions of slots that had others, near and far, before and after; every third slot has its new one already.</summary>
internal sealed class RerotatedCase(DType type, RopeLayout layout, int headDim, int rotary)
{
    // The slots of heads 1 and 4 begin at position 0, and those of the others later.
    private static readonly int[] Counts = [70, 33];
    private static readonly int[] Lengths = [100, 70, 4000, 131_072, 33];

    private readonly float[] _frequencies = NormCases.Frequencies(rotary);

    /// <summary>Compares with double precision, slot by slot.</summary>
    public void Check(ComputeDevice device)
    {
        using CacheRig rig = Run(device);
        var written = new HashSet<int>();
        List<float> actual = [];
        List<double> exact = [];
        List<float> plain = [];
        foreach ((int place, int position, int difference) in Moves(rig))
        {
            if (difference == 0)
            {
                continue;
            }

            written.Add(place);
            float[] key = rig.KeyBefore(place);
            double[] angles = [.. _frequencies.Select(frequency => (double)(float)(difference * (double)frequency))];
            exact.AddRange(NormReference.Rotate([.. key.Select(x => (double)x)], angles, 1, layout == RopeLayout.Interleaved));
            plain.AddRange(CacheRig.Widen(type, CacheRig.Narrow(type, NormReference.PlainRotate(key, angles, 1, layout == RopeLayout.Interleaved))));
            float[] rotated = rig.Key(place);
            actual.AddRange(rotated);
            Assert.That(rotated[rotary..], Is.EqualTo(key[rotary..]), "elements past the rotary ones stay");
            byte[] others = [.. rig.Before(place)[(headDim * type.BlockBytes())..]];
            BitConverter.TryWriteBytes(others.AsSpan(headDim * type.BlockBytes()), position);
            Assert.That(rig.At(place)[(headDim * type.BlockBytes())..], Is.EqualTo(others), "value, position and attributes");
        }

        Assert.That(written, Has.Count.GreaterThan(150));
        Tolerance.Check([.. actual], [.. exact], [.. plain], "keys");
        rig.AssertOthersUntouched(written);
    }

    /// <summary>Every byte that a run leaves behind.</summary>
    public byte[] Bytes(ComputeDevice device)
    {
        using CacheRig rig = Run(device);
        return rig.Everything();
    }

    /// <summary>A key that was appended at one position and moved is the key of the other position.</summary>
    public static void CheckAgainstAppend(ComputeDevice device, RopeLayout layout)
    {
        const int Tokens = 20;
        using var rig = new CacheRig(device, DType.F32, 1, 24, [0, 0]);
        float[] frequencies = NormCases.Frequencies(24);
        float[] keys = TestTensors.Random(new Random(1), Tokens * 2 * 24);
        int[] positions = [.. Enumerable.Range(0, Tokens).Select(token => token < 4 ? token : 30 + token)];
        RaggedBatch batch = rig.Batch([0], [0, Tokens], positions);
        Tensor table = rig.Tensors.Of(new float[Tokens * 24], Tokens, 12, 2);
        device.Norm.RopeTable(table, batch.Positions, rig.Tensors.Of(frequencies), 1);
        Tensor queries = rig.Tensors.Of(new float[Tokens * 24], Tokens, 24);
        Tensor rows = rig.Tensors.Of(keys, Tokens, 2 * 24);
        device.Cache.AppendRotated(rig.Cache, batch, 1, queries, rows, rows, new Rotation { Table = table, Layout = layout });
        Tensor lengths = rig.Tensors.Of([Tokens, Tokens + 7]);
        device.Cache.Rerotate(rig.Cache, rig.Tensors.Of([0, 1, 0, 0, 1, 1], 2, 3), lengths, rig.Tensors.Of(frequencies), layout);
        List<float> actual = [];
        List<double> exact = [];
        List<float> plain = [];
        for (int item = 0; item < Tokens * 2; item++)
        {
            (int token, int kvHead) = (item / 2, item % 2);
            int position = (7 * kvHead) + token;
            float[] key = keys[(item * 24)..((item + 1) * 24)];
            double[] Angles(int by) => [.. frequencies.Select(frequency => (double)(float)(by * (double)frequency))];
            float[] first = NormReference.PlainRotate(key, Angles(positions[token]), 1, layout == RopeLayout.Interleaved);
            plain.AddRange(NormReference.PlainRotate(first, Angles(position - positions[token]), 1, layout == RopeLayout.Interleaved));
            double[] angles = [.. frequencies.Select(frequency => position * (double)frequency)];
            exact.AddRange(NormReference.Rotate([.. key.Select(x => (double)x)], angles, 1, layout == RopeLayout.Interleaved));
            actual.AddRange(rig.Key(rig.Place(0, 1, kvHead, token)));
        }

        Tolerance.Check([.. actual], [.. exact], [.. plain], "keys");
    }

    /// <summary>Launches of one recording take the lengths and counts that the device has.</summary>
    public static void CheckRecorded(ComputeDevice device)
    {
        using var rig = new CacheRig(device, DType.F16, 1, 8, [40, 19]);
        (Tensor heads, Tensor lengths) = (rig.Tensors.Of([0, 1, 0, 0, 1, 1], 2, 3), rig.Tensors.Of([40, 40]));
        Tensor frequencies = rig.Tensors.Of(NormCases.Frequencies(8));
        void Step() => device.Cache.Rerotate(rig.Cache, heads, lengths, frequencies, RopeLayout.HalfSplit);
        Step();
        using DeviceRecording? recording = device.Record(Step);
        Assert.That(recording, Is.Not.Null);
        for (int step = 1; step < 4; step++)
        {
            device.Cache.KeepSelected(rig.Cache, heads, rig.Tensors.Of([.. Enumerable.Range(1, 20), .. Enumerable.Range(1, 20)], 2, 20), rig.Tensors.Of([20 - step, 10 - step]));
            device.Upload<int>(lengths, [40 + step, 30]);
            recording!.Launch();
            device.Synchronize();
            int[] positions = rig.Tensors.Ints(rig.Cache.Positions);
            Assert.That(SlotCases.Places(rig, (0, 1, 0)).Select(place => positions[place]), Is.EqualTo(Enumerable.Range(20 + (2 * step), 20 - step)));
            Assert.That(SlotCases.Places(rig, (0, 1, 1)).Select(place => positions[place]), Is.EqualTo(Enumerable.Range(20 + step, 10 - step)));
        }
    }

    private CacheRig Run(ComputeDevice device)
    {
        var rig = new CacheRig(device, type, 2, headDim, Counts, layers: [0, 1]);
        var random = new Random(6);
        int[] positions = [.. Enumerable.Repeat(-77_777_777, (int)rig.Cache.Positions.Shape.ElementCount)];
        int at = 0;
        foreach ((int place, int position, _) in Moves(rig))
        {
            positions[place] = (at++ % 3) switch { 0 => position, 1 => Math.Max(0, position - random.Next(40)), _ => random.Next(131_072) };
        }

        device.Upload<int>(rig.Cache.Positions, positions);
        rig.Remember();
        (Tensor lengths, Tensor frequencies) = (rig.Tensors.Of(Lengths), rig.Tensors.Of([.. _frequencies, float.NaN]).Rows(0, rotary / 2));
        device.Cache.Rerotate(rig.Cache, SlotCases.Listed(rig, SlotCases.Heads), lengths, frequencies, layout);
        return rig;
    }

    // Each named head's slots: where they lie, their new positions, and how far those are from the ones that were remembered.
    private static IEnumerable<(int Place, int Position, int Difference)> Moves(CacheRig rig)
    {
        for (int i = 0; i < Lengths.Length; i++)
        {
            int[] places = [.. SlotCases.Places(rig, SlotCases.Heads[i])];
            for (int slot = 0; slot < places.Length; slot++)
            {
                int position = Lengths[i] - places.Length + slot;
                yield return (places[slot], position, position - rig.PositionBefore(places[slot]));
            }
        }
    }
}
