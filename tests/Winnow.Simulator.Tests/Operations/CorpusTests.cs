using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Simulator.Execution;
using Winnow.Simulator.Operations;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>Every row of the corpus, instruction by instruction on a warp of its own.</summary>
public sealed class CorpusTests
{
    private const int Warps = 24;
    private const ulong Untouched = 0x5A5A5A5A5A5A5A5A;

    private static IEnumerable<TestCaseData> Rows => Corpus.Rows.Select(row => new TestCaseData(row.Name));

    [Test]
    public void Corpus_HasAtLeastOneHundredAndFiftyRows()
    {
        Assert.That(Corpus.Rows, Has.Count.GreaterThanOrEqualTo(150));
        Assert.That(Corpus.Rows.Select(row => row.Name), Is.Unique);
    }

    [TestCaseSource(nameof(Rows))]
    public void Execute_GivesWhatPlainCodeGives(string name)
    {
        CorpusRow row = Corpus.Rows.Single(row => row.Name == name);
        Random random = new(name.Sum(character => character));
        for (int i = 0; i < Warps; i++)
        {
            Check(row, random, i % 2 == 0 ? uint.MaxValue : (uint)random.NextInt64(1, uint.MaxValue));
        }
    }

    private static void Check(CorpusRow row, Random random, uint lanes)
    {
        using TestWarp warp = new();
        Operation[] operations = [.. CorpusKernel.Instructions(row).Select(instruction => Decode(instruction, warp))];
        ulong[][] inputs = [.. row.Inputs.Select(_ => new ulong[Warp.Lanes])];
        int bits = Values.BitsOf(row.D);
        ulong untouched = Untouched & (ulong.MaxValue >> (64 - bits));
        for (int lane = 0; lane < Warp.Lanes; lane++)
        {
            warp.Set("%d", bits, lane, untouched);
            for (int i = 0; i < inputs.Length; i++)
            {
                inputs[i][lane] = Values.Draw(row.Inputs[i], random);
                warp.Set($"%{"abc"[i]}", Values.BitsOf(row.Inputs[i]), lane, inputs[i][lane]);
            }
        }

        foreach (Operation operation in operations)
        {
            operation.Execute(warp.Warp, lanes);
        }

        for (int lane = 0; lane < Warp.Lanes; lane++)
        {
            ulong[] operands = [.. inputs.Select(input => input[lane]), 0, 0, 0];
            ulong actual = warp.Get("%d", bits, lane);
            if ((lanes >> lane & 1) == 0)
            {
                Assert.That(actual, Is.EqualTo(untouched), $"lane {lane} takes no part");
                continue;
            }

            ulong expected = row.Expected(operands[0], operands[1], operands[2]) & (ulong.MaxValue >> (64 - bits));
            Assert.That(row.Accepts(expected, actual), Is.True, () =>
                $"{row.Text} of 0x{operands[0]:X}, 0x{operands[1]:X}, 0x{operands[2]:X} gave 0x{actual:X}, not 0x{expected:X}");
        }
    }

    private static Operation Decode(PtxInstruction instruction, TestWarp warp)
    {
        Operation? operation = OperationDecoder.Decode(instruction, warp);
        Assert.That(operation, Is.Not.Null, $"{instruction.Text} was refused");
        return operation!;
    }
}
