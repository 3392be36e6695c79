using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

/// <summary>Sampling of rows in tensors, on the processor.</summary>
public sealed class SamplingRowsTests
{
    private readonly CpuDevice _device = new(1);

    [OneTimeTearDown]
    public void Free() => _device.Dispose();

    [Test]
    public void SampleRows_TokensAreThoseOfTheChain([ValueSource(typeof(SamplingRowsCases), nameof(SamplingRowsCases.Vocabularies))] int vocab) =>
        SamplingRowsCases.Agree(_device, vocab, SamplingRowsCases.Chains());

    [Test]
    public void SampleRows_TokensAreThoseOfTheChainWhateverItLeavesOfALongRow() =>
        SamplingRowsCases.Agree(_device, 13_001, SamplingRowsCases.LongChains());

    [Test]
    public void SampleRows_RowDoesNotDependOnTheBatch() => SamplingRowsCases.RowsAlone(_device);

    [TestCase(1, 1)]
    [TestCase(3, 7)]
    [TestCase(2000, 20)]
    [TestCase(2000, 1024)]
    public void SampleRows_TopListsAreThoseOfTheUnmodifiedRow(int vocab, int top) => SamplingRowsCases.TopLists(_device, vocab, top);

    [Test]
    public void SampleRows_BrokenRowsAreReported() => SamplingRowsCases.Statuses(_device);

    [Test]
    public void SampleRows_ZeroedParametersLeaveARowAlone() => SamplingRowsCases.InactiveRows(_device);

    [Test]
    public void SampleRows_AdvancedParametersGiveTheTokensOfTheHost() => SamplingRowsCases.Advances(_device, 60);

    [Test]
    public void PlainRows_AgreeWithDoublePrecision([Values(2, 9, 1025)] int vocab) => SamplingRowsCases.PlainRows(_device, vocab);

    [Test]
    public unsafe void SamplingRow_HasTheSizeThatTheKernelReads() => Assert.That(sizeof(SamplingRow), Is.EqualTo(SamplingRow.Bytes));

    [Test]
    public void CanHold_TellsChainsOfTheDeviceFromOthers()
    {
        Assert.That(SamplingRowsCases.Chains().All(chain => SamplingRow.CanHold(chain, 37)));
        SamplerStage[][] others =
        [
            [SamplerStage.Typical(0.5f)], [SamplerStage.TopNSigma(1)], [SamplerStage.Xtc(0.5f, 0.1f)], [SamplerStage.MirostatV2(5, 0.1f)],
            [SamplerStage.Dry(1, 1.75f, 2, -1, [])], [SamplerStage.RepetitionPenalty(1.1f, 65)], [SamplerStage.PresencePenalty(1, -1)],
            [SamplerStage.TopK(3), SamplerStage.PresencePenalty(1, 4)], [SamplerStage.PresencePenalty(1, 4), SamplerStage.RepetitionPenalty(2, 4)],
            [SamplerStage.FrequencyPenalty(1, 4), SamplerStage.PresencePenalty(1, 5)],
            [SamplerStage.TopK(3), SamplerStage.LogitBias(new Dictionary<int, float> { [0] = 1 })],
        ];
        foreach (SamplerStage[] stages in others)
        {
            SamplerChain chain = SamplerChain.Create(stages, 1);
            Assert.That(SamplingRow.CanHold(chain, 64), Is.False, string.Join(' ', stages.Select(stage => stage.Kind)));
        }

        SamplerChain xtc = SamplerChain.Create(others[2], 1);
        Assert.That(() => SamplingRow.Create(xtc, 0, 0), Throws.ArgumentException.With.Message.Contains("ISampling.Sample"));
        Assert.That(() => SamplingRow.Create(SamplerChain.Create([], 1), 0, -1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Passes_AreWhatTheStagesCanNeed()
    {
        (int Passes, SamplerStage[] Stages)[] cases =
        [
            (1, [SamplerStage.Greedy()]), (1, [SamplerStage.TopP(0.5f), SamplerStage.MinP(0.1f), SamplerStage.Greedy()]),
            (1, [SamplerStage.TopK(1)]), (1, [SamplerStage.TopK(256), SamplerStage.TopP(0.9f), SamplerStage.Temperature(2), SamplerStage.MinP(0.1f)]),
            (1, [SamplerStage.Temperature(2), SamplerStage.MinP(0.1f), SamplerStage.TopK(40)]), (1, [SamplerStage.TopP(1), SamplerStage.TopK(40)]),
            (1, [SamplerStage.TopK(40), SamplerStage.Temperature(2), SamplerStage.Greedy()]),
            (2, []), (2, [SamplerStage.Temperature(2)]), (2, [SamplerStage.Temperature(2), SamplerStage.MinP(0.1f)]),
            (2, [SamplerStage.TopK(0), SamplerStage.TopP(1), SamplerStage.MinP(0.1f), SamplerStage.Temperature(2)]),
            (3, [SamplerStage.TopP(0.5f)]), (3, [SamplerStage.TopK(257)]), (3, [SamplerStage.Temperature(2), SamplerStage.Greedy()]),
            (3, [SamplerStage.TopP(0.5f), SamplerStage.TopK(40)]), (3, [SamplerStage.MinP(0.1f), SamplerStage.Temperature(2), SamplerStage.TopK(40)]),
        ];
        foreach ((int passes, SamplerStage[] stages) in cases)
        {
            int actual = SamplingRow.Create(SamplerChain.Create(stages, 1), 0, 0).Passes;
            Assert.That(actual, Is.EqualTo(passes), string.Join(' ', stages.Select(stage => stage.Kind)));
        }

        Assert.That(default(SamplingRow).Passes, Is.Zero);
    }

    [Test]
    public void Check_EveryStatusButChosenThrowsWithItsReason()
    {
        SamplingStatus.Chosen.Check();
        foreach (SamplingStatus status in Enum.GetValues<SamplingStatus>().Where(status => status != SamplingStatus.Chosen))
        {
            Assert.That(() => status.Check(), Throws.TypeOf<WinnowException>());
        }

        Assert.That(() => ((SamplingStatus)77).Check(), Throws.TypeOf<WinnowException>().With.Message.Contains("77"));
    }

    [TestCaseSource(typeof(SamplingRowsCases), nameof(SamplingRowsCases.WrongOperands))]
    public void SampleRows_WrongOperandIsRefused(string broken) => SamplingRowsCases.RefusesWrongOperand(_device, broken);

    [Test]
    public void SampleRows_AllocatesNothingAfterWarmUp()
    {
        SamplingCase[] cases = [.. SamplingRowsCases.Chains().Select((chain, i) => new SamplingCase(Rows.Normal(3000, 2, seed: i), chain) { History = [1, 2, 1] })];

        // Of its own, so that nobody has made room before.
        using var device = new CpuDevice(1);
        using var rig = new SamplingRig(device, cases, top: 5, advance: true);
        Allocations.AssertNone(() => rig.Run());
    }
}
