using System;
using System.Collections.Generic;
using System.IO;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Engine;
using Winnow.Formats;
using Winnow.Kernels;
using Winnow.Models;
using Winnow.Tests.Engine;

namespace Winnow.Tests.Cache.Policies;

/// <summary>The weights of the policy that goes by learned types: what is said where they are missing or of another model, and that they are shared.</summary>
internal sealed class NatsPolicyTests : EngineTests
{
    private static readonly ModelConfig Config = PolicyHarness.Config;

    [Test]
    public void Create_WithoutWeightsSaysWhatTheyAre()
    {
        Assert.That(
            () => KvPolicies.Create("nats", KvBudget.Slots(64)),
            Throws.ArgumentException.With.Message.Contains("weights=PATH").And.Message.Contains("nats.layers.0.weight"));
        Assert.That(
            () => KvPolicies.Create("nats", KvBudget.Slots(64), new Dictionary<string, string> { ["weights"] = "no/such.safetensors" }),
            Throws.ArgumentException.With.Message.Contains("'no/such.safetensors'"));
    }

    [Test]
    public void LoadAsync_WithWeightsOfOtherDimensionsNamesTheTensorAndBothShapes()
    {
        string weights = NatsWeightFile.PathFor(TinyModel.Layers, TinyModel.KvHeads, TinyModel.Hidden - 1);
        Assert.That(
            () => LoadAsync(new EngineOptions { KvPolicy = new NatsPolicy(KvBudget.Slots(64), weights) }),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("'nats.layers.0.weight'").And.Message.Contains("[6, 31]").And.Message.Contains("[6, 32]"));
    }

    [Test]
    public void LoadAsync_WithWeightsOfAnotherNumberOfLayersNamesTheLayer([Values(-1, 1)] int more)
    {
        string weights = NatsWeightFile.PathFor(TinyModel.Layers + more, TinyModel.KvHeads, TinyModel.Hidden);
        Assert.That(
            () => LoadAsync(new EngineOptions { MoreKvPolicies = [new NatsPolicy(KvBudget.Slots(64), weights)] }),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains($"'nats.layers.{TinyModel.Layers + Math.Min(0, more)}.weight'"));
    }

    [Test]
    public void CreateState_OfSeveralSequencesLoadsOnceAndFreesWithTheLast()
    {
        using var device = new CpuDevice(1);
        var policy = new NatsPolicy(KvBudget.Slots(64), NatsWeightFile.PathFor(Config.Layers, Config.KvHeads, Config.Hidden));
        KvPolicyState first = policy.CreateState(device, Config);
        long loaded = device.AllocatedBytes;
        KvPolicyState second = policy.CreateState(device, Config);
        KvPolicyState fork = first.Fork();

        Assert.That(loaded, Is.GreaterThan(0));
        Assert.That(device.AllocatedBytes, Is.EqualTo(loaded));
        first.Dispose();
        second.Dispose();
        Assert.That(device.AllocatedBytes, Is.EqualTo(loaded));
        fork.Dispose();
        Assert.That(device.AllocatedBytes, Is.Zero);
    }

    [Test]
    public void Dispose_OfACacheFreesWhatOpenSequencesHold()
    {
        using var device = new CpuDevice(1);
        var policy = new NatsPolicy(KvBudget.Slots(64), NatsWeightFile.PathFor(Config.Layers, Config.KvHeads, Config.Hidden));
        using (var harness = new PolicyHarness(device, policy))
        {
            harness.Run([5], 2);
            harness.Cache.Fork(harness.Sequence);
        }

        Assert.That(device.AllocatedBytes, Is.Zero);
    }

    [Test]
    public void CreateState_OfADamagedFileSaysSoAndFreesAll()
    {
        using var device = new CpuDevice(1);
        string path = Path.Combine(Folder, "damaged.safetensors");
        File.WriteAllBytes(path, File.ReadAllBytes(NatsWeightFile.PathFor(Config.Layers, Config.KvHeads, Config.Hidden))[..^8]);
        var policy = new NatsPolicy(KvBudget.Slots(64), path);

        Assert.That(() => policy.CreateState(device, Config), Throws.TypeOf<ModelFormatException>().With.Message.Contains("damaged.safetensors"));
        Assert.That(device.AllocatedBytes, Is.Zero);
    }
}
