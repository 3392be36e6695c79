using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>Every row of the corpus as a kernel of its own, from PTX text to what lies in memory afterwards.</summary>
public sealed unsafe class KernelCorpusTests
{
    private const int Threads = 80;

    private readonly PtxSimulator _driver = new();
    private GpuModule _module;
    private GpuStream _stream;

    private static IEnumerable<TestCaseData> Rows => Corpus.Rows.Select((row, i) => new TestCaseData(i).SetArgDisplayNames(row.Name));

    [OneTimeSetUp]
    public void LoadKernels()
    {
        _module = _driver.LoadModule(Encoding.UTF8.GetBytes(CorpusKernel.Module(Corpus.Rows)), "corpus.ptx");
        _stream = _driver.CreateStream();
    }

    [OneTimeTearDown]
    public void DisposeDriver() => _driver.Dispose();

    [TestCaseSource(nameof(Rows))]
    public void Launch_WritesWhatPlainCodeGives(int index)
    {
        CorpusRow row = Corpus.Rows[index];
        Random random = new(index);
        ulong[][] inputs = [.. Enumerable.Range(0, 3).Select(i => Enumerable.Range(0, Threads).Select(_ => Values.Draw(row.Input(i), random)).ToArray())];
        ulong[] results = Run(index, inputs);
        ulong ones = ulong.MaxValue >> (64 - Values.BitsOf(row.D));
        for (int thread = 0; thread < Threads; thread++)
        {
            (ulong a, ulong b, ulong c) = (inputs[0][thread], inputs[1][thread], inputs[2][thread]);
            ulong expected = row.Expected(a, b, c) & ones;
            Assert.That(row.Accepts(expected, results[thread]), Is.True, () =>
                $"{row.Text} of 0x{a:X}, 0x{b:X}, 0x{c:X} gave 0x{results[thread]:X}, not 0x{expected:X}");
        }
    }

    private ulong[] Run(int index, ulong[][] inputs)
    {
        nint[] buffers = [.. Enumerable.Range(0, inputs.Length + 1).Select(_ => _driver.Allocate(Threads * sizeof(ulong)))];
        ArgumentBlock arguments = new(stackalloc byte[4 * sizeof(ulong)]);
        for (int i = 0; i < buffers.Length; i++)
        {
            arguments.Add(buffers[i]);
            fixed (ulong* values = i == 0 ? new ulong[Threads] : inputs[i - 1])
            {
                _driver.CopyToDevice(buffers[i], (nint)values, Threads * sizeof(ulong), _stream);
            }
        }

        _driver.Launch(_driver.GetFunction(_module, $"k{index}"), LaunchShape.Linear(1, Threads), arguments.Bytes, _stream);
        ulong[] results = new ulong[Threads];
        fixed (ulong* values = results)
        {
            _driver.CopyToHost((nint)values, buffers[0], Threads * sizeof(ulong), _stream);
        }

        _driver.Synchronize(_stream);
        Array.ForEach(buffers, _driver.Free);
        return results;
    }
}
