using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

/// <summary>The kernels of the family, as they ship, on the simulator.</summary>
public sealed class CudaSamplingTests
{
    private CudaDevice _device = null!;

    [OneTimeSetUp]
    public void Open() => _device = TestDevices.Simulator();

    [OneTimeTearDown]
    public void Free() => _device?.Dispose();

    [Test]
    public void SampleRows_TokensAreThoseOfTheChain([Values(1, 2, 31, 1025)] int vocab) =>
        SamplingRowsCases.Agree(_device, vocab, SamplingRowsCases.Chains());

    [Test]
    public void SampleRows_TokensAreThoseOfTheChainWhereTheRowIsLongerThanTheList() =>
        SamplingRowsCases.Agree(_device, 5003, SamplingRowsCases.Chains().Where((_, i) => i is 0 or 1 or 5 or 8 or 10));

    [Test]
    public void SampleRows_TokensAreThoseOfTheChainWhereAWarpGoesThroughMoreThanABlockOfTokens() =>
        SamplingRowsCases.Agree(_device, 40_009, SamplingRowsCases.Chains().Where((_, i) => i is 5 or 8));

    [Test]
    public void SampleRows_TokensAreThoseOfTheChainWhateverItLeavesOfALongRow([Values(0, 5, 10)] int first) =>
        SamplingRowsCases.Agree(_device, 13_001, SamplingRowsCases.LongChains().Skip(first).Take(5));

    [Test]
    public void SampleRows_TokensAreThoseOfTheChainWhereTheRowHasMoreChunksThanABlockThreads()
    {
        float[] row = Rows.Normal(140_001, 2, seed: 1);
        SamplingCase[] cases = [.. SamplingRowsCases.Chains().Where((_, i) => i is 0 or 5 or 8).Select(chain => new SamplingCase(row, chain))];
        using SamplingRig rig = new SamplingRig(_device, cases).Run();
        Assert.That(rig.Tokens, Is.EqualTo(cases.Select(one => one.OnTheHost().Token)));
    }

    // What one block chooses alone it is done with here before the others of its row have begun: none of them reads what it writes.
    [Test]
    public void SampleRows_RowThatOneBlockChoosesFromMovesOnBehindTheOthers()
    {
        using CudaDevice device = TestDevices.Simulator(threads: 1);
        float[] row = Rows.Normal(13_001, 3, seed: 1);
        SamplerChain chain = SamplerChain.Create([SamplerStage.TopK(9000), SamplerStage.TopP(0.9f)], 3);
        SamplingCase[] cases = [new(row, chain), new(row, chain) { Position = 1 }];
        using SamplingRig rig = new SamplingRig(device, cases, top: 3, advance: true).Run();
        Assert.That(rig.Tokens, Is.EqualTo(cases.Select(one => one.OnTheHost().Token)));
    }

    [Test]
    public void SampleRows_WindowAsLongAsTheHistoryMayBe()
    {
        const int Vocab = 300;
        SamplerChain chain = SamplerChain.Create([SamplerStage.FrequencyPenalty(0.01f, 2000), SamplerStage.TopP(0.9f)], 1);
        var one = new SamplingCase(Rows.Normal(Vocab, 1, seed: 1), chain) { History = SamplingRowsCases.HistoryOf(Vocab, SamplingRig.HistoryCapacity, 3) };
        using SamplingRig rig = new SamplingRig(_device, [one]).Run();
        Assert.That(rig.Tokens[0], Is.EqualTo(one.OnTheHost().Token), "a window longer than the history is the history");
    }

    [Test]
    public void SampleRows_RowDoesNotDependOnTheBatch([Values(700, 90_001)] int vocab) => SamplingRowsCases.RowsAlone(_device, vocab);

    [TestCase(1, 1)]
    [TestCase(3, 7)]
    [TestCase(2000, 20)]
    [TestCase(4999, 20)]
    [TestCase(9000, 1024)]
    public void SampleRows_TopListsAreThoseOfTheUnmodifiedRow(int vocab, int top) => SamplingRowsCases.TopLists(_device, vocab, top);

    [Test]
    public void SampleRows_ResultsDoNotDependOnThePasses([Values(300, 13_001)] int vocab)
    {
        foreach (SamplerChain chain in SamplingRowsCases.Chains().Concat(SamplingRowsCases.LongChains()))
        {
            SamplingCase[] cases = [.. SamplingRowsCases.Logits(vocab).Select(row => new SamplingCase(row, chain) { History = [1, 2, 1] })];
            using SamplingRig known = new SamplingRig(_device, cases, top: 3).Run(), unknown = new SamplingRig(_device, cases, top: 3, known: false).Run();
            Assert.That(known.Results, Is.EqualTo(unknown.Results), string.Join(' ', chain.Stages.Select(stage => stage.Kind)));
        }
    }

    [Test]
    public void SampleRows_TopKOfThousandsOfTiesTakesTheLowestTokensInOnePass([Values(1, 40, 256)] int k)
    {
        float[] row = [.. Enumerable.Range(0, 13_001).Select(i => i % 2 == 0 ? 1f : 0f)];
        SamplerChain chain = SamplerChain.Create([SamplerStage.TopK(k)], 3);
        SamplingCase[] cases = [.. Enumerable.Range(0, 20).Select(i => new SamplingCase(row, chain) { Position = i })];
        using SamplingRig rig = new SamplingRig(_device, cases, top: 3).Run();
        Assert.That(rig.Tokens, Is.EqualTo(cases.Select(one => one.OnTheHost().Token)));
        Assert.That(rig.Tokens, Is.All.LessThan(2 * k));
        Assert.That(rig.TopTokens[..3], Is.EqualTo(new[] { 0, 2, 4 }));
    }

    [Test]
    public void SampleRows_RowThatNeedsMorePassesSaysSoAndTheOthersDoNotMind()
    {
        float[] row = Rows.Normal(9001, 1, seed: 1);
        SamplerChain greedy = SamplerChain.Create([SamplerStage.Greedy()], 1);
        SamplerChain nucleus = SamplerChain.Create([SamplerStage.TopP(0.97f)], 1);
        using var rig = new SamplingRig(_device, [new(row, greedy), new(row, greedy) { Position = 4 }], top: 2, advance: true);
        rig.SetRow(1, SamplingRow.Create(nucleus, 0, 4));
        rig.Run();
        Assert.That(rig.Statuses, Is.EqualTo(new[] { SamplingStatus.Chosen, SamplingStatus.TooFewPasses }));
        Assert.That(rig.LogProbabilities[1], Is.NaN);
        Assert.That(rig.Rows.Select(one => one.Position), Is.EqualTo(new long[] { 1, 4 }), "only who has a token goes on");
        int[][] lists = [.. rig.TopTokens.Chunk(2)];
        Assert.That(lists[1], Is.EqualTo(lists[0]), "the lists are those of the unmodified row all the same");
    }

    [TestCase(1, 1)]
    [TestCase(2, 2)]
    [TestCase(3, 3)]
    [TestCase(0, 3)]
    public void SampleRows_LaunchesAsOftenAsTheRowsNeed(int passes, int launches)
    {
        using var silent = new SilentDevice();
        SamplerStage[] stages = passes switch { 1 => [SamplerStage.TopK(3)], 2 => [SamplerStage.MinP(0.1f)], _ => [SamplerStage.TopP(0.9f)] };
        using var rig = new SamplingRig(silent.Device, [new SamplingCase([1, 2, 3], SamplerChain.Create(stages, 1))], known: passes > 0);
        silent.AssertAllocatesNothing(() => rig.Run(), launches);
    }

    [Test]
    public void SampleRows_BrokenRowsAreReported() => SamplingRowsCases.Statuses(_device);

    [Test]
    public void SampleRows_ZeroedParametersLeaveARowAlone() => SamplingRowsCases.InactiveRows(_device);

    [Test]
    public void SampleRows_AdvancedParametersGiveTheTokensOfTheHost() => SamplingRowsCases.Advances(_device, 12);

    [Test]
    public void PlainRows_AgreeWithDoublePrecision([Values(2, 9, 1025, 8200)] int vocab) => SamplingRowsCases.PlainRows(_device, vocab);

    [Test]
    public void SampleRows_HasTheSameBitsUnderEverySchedule()
    {
        SamplingCase[] cases = [.. SamplingRowsCases.Chains().Take(3).Select(chain => new SamplingCase(Rows.Normal(1100, 2, seed: 1), chain) { History = [1, 2, 1] })];
        Schedules.AssertEqualBits(device =>
        {
            using SamplingRig rig = new SamplingRig(device, cases, top: 4).Run();
            return rig.Results;
        });
    }

    [Test]
    public void SampleRows_LongRowsHaveTheSameBitsUnderEverySchedule()
    {
        SamplingCase[] cases =
        [
            .. SamplingRowsCases.LongChains().Where((_, i) => i is 0 or 2 or 5 or 14)
                .Select(chain => new SamplingCase(Rows.Normal(9001, 1, seed: 1), chain) { History = [1, 2, 1] }),
        ];
        Schedules.AssertEqualBits(device =>
        {
            using SamplingRig rig = new SamplingRig(device, cases, top: 4).Run();
            return rig.Results;
        });
    }

    [Test]
    public void PlainRows_HaveTheSameBitsUnderEverySchedule() => Schedules.AssertEqualBits(device => SamplingRowsCases.PlainRows(device, 1025));

    [Test]
    public void Sample_RowsOfTheHostAreSampledThere()
    {
        float[] row = Rows.Normal(100, 2, seed: 1);
        SamplerChain chain = SamplerChain.Create([SamplerStage.Typical(0.9f)], 1);
        Assert.That(
            _device.Sampling.Sample(row, chain, new SamplerState(), 0, 0),
            Is.EqualTo(new CpuSampling().Sample(row, chain, new SamplerState(), 0, 0)));
        var actual = new float[100];
        var expected = new float[100];
        _device.Sampling.Distribution(row, chain, new SamplerState(), 0, 0, actual);
        new CpuSampling().Distribution(row, chain, new SamplerState(), 0, 0, expected);
        Assert.That(actual, Is.EqualTo(expected));
    }

    [Test]
    public void Operations_AllocateNothingOnceWarm()
    {
        using var silent = new SilentDevice();
        CudaDevice device = silent.Device;
        using var tensors = new TestTensors(device);
        SamplerChain chain = SamplerChain.Create([SamplerStage.TopK(3)], 1);
        using var rig = new SamplingRig(device, [new SamplingCase([1, 2, 3], chain)], top: 2);
        Tensor logits = tensors.Of(new float[6], 2, 3);
        Tensor output = tensors.Of(new float[6], 2, 3);
        Tensor tokens = tensors.Of(new int[2]);
        Tensor top = tensors.Of(new int[2], 2, 1);
        Tensor logs = tensors.Of(new float[2], 2, 1);
        void Step()
        {
            rig.Run();
            device.Sampling.ArgMaxRows(tokens, logits);
            device.Sampling.TopRows(top, logs, logits);
            device.Sampling.LogSoftmaxRows(output, logits);
        }

        silent.AssertAllocatesNothing(Step, launches: 6);
    }

    [TestCaseSource(typeof(SamplingRowsCases), nameof(SamplingRowsCases.WrongOperands))]
    public void SampleRows_WrongOperandIsRefusedBeforeALaunch(string broken) =>
        SilentDevice.AssertNoLaunch(device => SamplingRowsCases.RefusesWrongOperand(device, broken));

    [Test]
    public void Shipped_NamesEveryKernelOnce() =>
        Assert.That(CudaSampling.Shipped().Select(variant => variant.Entry).Distinct().Count(), Is.EqualTo(6));
}
