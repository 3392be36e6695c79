using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

public sealed class SamplerChainTests
{
    private static readonly SamplingParameters Everything = new()
    {
        Temperature = 0.7f,
        TopK = 40,
        TopP = 0.9f,
        MinP = 0.05f,
        TypicalP = 0.95f,
        TopNSigma = 2,
        XtcProbability = 0.5f,
        RepetitionPenalty = 1.1f,
        FrequencyPenalty = 0.1f,
        PresencePenalty = 0.1f,
        DryMultiplier = 0.8f,
        LogitBias = new Dictionary<int, float> { [3] = 1 },
        Seed = 5,
    };

    [TestCase(SamplerOrder.TruncateThenScale, "LogitBias RepetitionPenalty FrequencyPenalty PresencePenalty Dry TopNSigma TopK Typical TopP MinP Xtc Temperature")]
    [TestCase(SamplerOrder.ScaleThenTopK, "LogitBias RepetitionPenalty FrequencyPenalty PresencePenalty Dry Temperature TopK TopP MinP Typical TopNSigma Xtc")]
    [TestCase(SamplerOrder.ScaleThenMinP, "LogitBias RepetitionPenalty FrequencyPenalty PresencePenalty Dry Temperature MinP TopK TopP Typical TopNSigma Xtc")]
    public void Create_PutsTheStagesIntoTheNamedOrder(SamplerOrder order, string expected) =>
        Assert.That(string.Join(' ', SamplerChain.Create(Everything, order).Stages.Select(s => s.Kind)), Is.EqualTo(expected));

    [Test]
    public void Create_NothingSaidGivesAnEmptyChain() =>
        Assert.That(SamplerChain.Create(new SamplingParameters()).Stages, Is.Empty);

    [Test]
    public void Create_StagesThatAreOffAreLeftOut()
    {
        var off = new SamplingParameters
        {
            Temperature = 1,
            TopK = 0,
            TopP = 1,
            MinP = 0,
            TypicalP = 1,
            TopNSigma = 0,
            XtcProbability = 0,
            RepetitionPenalty = 1,
            FrequencyPenalty = 0,
            PresencePenalty = 0,
            DryMultiplier = 0,
            LogitBias = new Dictionary<int, float>(),
        };
        Assert.That(SamplerChain.Create(off).Stages, Is.Empty);
        Assert.That(SamplerChain.Create(Everything with { PenaltyLastTokens = 0, DryLastTokens = 0 }).UsesHistory, Is.False);
    }

    [Test]
    public void Create_TemperatureZeroKeepsBiasAndPenaltiesAndDropsTruncation() =>
        Assert.That(
            SamplerChain.Create(Everything with { Temperature = 0 }).Stages.Select(s => s.Kind),
            Is.EqualTo(new[]
            {
                SamplerStageKind.LogitBias, SamplerStageKind.RepetitionPenalty, SamplerStageKind.FrequencyPenalty, SamplerStageKind.PresencePenalty,
                SamplerStageKind.Dry, SamplerStageKind.Greedy,
            }));

    [Test]
    public void Create_MirostatComesAfterTemperature()
    {
        SamplerChain chain = SamplerChain.Create(new SamplingParameters { Temperature = 0.7f, MirostatTau = 5, RepetitionPenalty = 1.1f });
        Assert.That(
            chain.Stages.Select(s => s.Kind),
            Is.EqualTo(new[] { SamplerStageKind.RepetitionPenalty, SamplerStageKind.Temperature, SamplerStageKind.MirostatV2 }));
        Assert.That(chain.Stages[^1].Second, Is.EqualTo(0.1f));
        Assert.That(() => SamplerChain.Create(new SamplingParameters { MirostatTau = 5, TopK = 40 }), Throws.ArgumentException.With.Message.Contains("Mirostat"));
        Assert.That(() => SamplerChain.Create(new SamplingParameters { MirostatEta = 0.2f }), Throws.ArgumentException.With.Message.Contains("MirostatTau"));
    }

    [Test]
    public void Create_DefaultsAreTheDocumentedOnes()
    {
        SamplerChain chain = SamplerChain.Create(new SamplingParameters { RepetitionPenalty = 1.1f, DryMultiplier = 1, XtcProbability = 1 });
        Assert.That(chain.Stages[0].LastTokens, Is.EqualTo(64));
        Assert.That((chain.Stages[1].Second, chain.Stages[1].Count, chain.Stages[1].LastTokens), Is.EqualTo((1.75f, 2, -1)));
        Assert.That(chain.Stages[2].Second, Is.EqualTo(0.1f));
    }

    [Test]
    public void Create_SeedIsTheOneAskedForOrANewOne()
    {
        Assert.That(SamplerChain.Create(Everything).Seed, Is.EqualTo(5));
        var seeds = Enumerable.Range(0, 8).Select(_ => SamplerChain.Create(new SamplingParameters()).Seed).ToHashSet();
        Assert.That(seeds, Has.Count.EqualTo(8));
    }

    [Test]
    public void Create_ListsThatMakeNoSenseThrow()
    {
        Assert.That(() => SamplerChain.Create([SamplerStage.TopK(1), SamplerStage.TopK(2)]), Throws.ArgumentException.With.Message.Contains("TopK"));
        Assert.That(() => SamplerChain.Create([default]), Throws.ArgumentException.With.Message.Contains("empty"));
        Assert.That(() => SamplerChain.Create([SamplerStage.Greedy(), SamplerStage.TopK(2)]), Throws.ArgumentException.With.Message.Contains("last"));
        Assert.That(() => SamplerChain.Create([SamplerStage.MirostatV2(5, 0.1f), SamplerStage.Greedy()]), Throws.ArgumentException.With.Message.Contains("last"));
        Assert.That(() => SamplerChain.Create((SamplingParameters)null!), Throws.ArgumentNullException);
        Assert.That(() => SamplerChain.Create(Everything, (SamplerOrder)9), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private static IEnumerable<SamplingParameters> BadParameters() =>
    [
        .. new[] { -0.1f, float.NaN, float.PositiveInfinity }.Select(x => new SamplingParameters { Temperature = x }),
        new() { TopK = -1 },
        .. new[] { -0.1f, 1.1f, float.NaN }.SelectMany(x => new SamplingParameters[]
        {
            new() { TopP = x }, new() { MinP = x }, new() { TypicalP = x }, new() { XtcProbability = x },
        }),
        new() { TopNSigma = -1 },
        new() { XtcProbability = 0.5f, XtcThreshold = 0 },
        new() { XtcProbability = 0.5f, XtcThreshold = 1.5f },
        .. new[] { 0f, -1f, float.NaN, float.PositiveInfinity }.Select(x => new SamplingParameters { RepetitionPenalty = x }),
        new() { FrequencyPenalty = float.NaN },
        new() { PresencePenalty = float.NegativeInfinity },
        new() { RepetitionPenalty = 1.1f, PenaltyLastTokens = -2 },
        new() { DryMultiplier = -1 },
        new() { DryMultiplier = 1, DryBase = 0.5f },
        new() { DryMultiplier = 1, DryAllowedLength = 0 },
        new() { DryMultiplier = 1, DryLastTokens = -5 },
        new() { MirostatTau = 0 },
        new() { MirostatTau = 5, MirostatEta = -1 },
        new() { LogitBias = new Dictionary<int, float> { [-1] = 1 } },
        new() { LogitBias = new Dictionary<int, float> { [1] = float.NaN } },
        new() { LogitBias = new Dictionary<int, float> { [1] = float.PositiveInfinity } },
        new() { Temperature = 0, TopK = -1 },
    ];

    [TestCaseSource(nameof(BadParameters))]
    public void Create_ParameterOutOfRangeThrows(SamplingParameters parameters) =>
        Assert.That(() => SamplerChain.Create(parameters), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("must be"));

    [Test]
    public void LogitBias_TokenNamedTwiceThrows() =>
        Assert.That(() => SamplerStage.LogitBias([new(4, 1), new(4, 2)]), Throws.ArgumentException.With.Message.Contains("Token 4"));

    [Test]
    public void WithDefaults_OwnValuesWinAndTheRestIsFilled()
    {
        SamplingParameters merged = new SamplingParameters { Temperature = 0, TopK = 3 }.WithDefaults(Everything);
        Assert.That(merged, Is.EqualTo(Everything with { Temperature = 0, TopK = 3 }));
        Assert.That(Everything.WithDefaults(null), Is.SameAs(Everything));
        Assert.That(new SamplingParameters().WithDefaults(Everything), Is.EqualTo(Everything));
    }

    [Test]
    public void WithDefaults_MirostatTurnsTheTruncationOfTheModelOff()
    {
        SamplingParameters merged = new SamplingParameters { MirostatTau = 5 }.WithDefaults(Everything);
        Assert.That(SamplerChain.Create(merged).Stages[^1].Kind, Is.EqualTo(SamplerStageKind.MirostatV2));
        Assert.That(merged.RepetitionPenalty, Is.EqualTo(1.1f));
    }
}
