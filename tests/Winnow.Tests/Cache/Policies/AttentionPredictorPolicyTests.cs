using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Formats;

namespace Winnow.Tests.Cache.Policies;

/// <summary>The network's file and the options: what is said where they are missing or wrong.</summary>
internal sealed class AttentionPredictorPolicyTests
{
    [Test]
    public void Create_WithoutWeightsSaysWhatTheyAre()
    {
        Assert.That(
            () => KvPolicies.Create("attentionpredictor", KvBudget.Slots(256)),
            Throws.ArgumentException.With.Message.Contains("weights=PATH").And.Message.Contains("conv1"));
        Assert.That(
            () => KvPolicies.Create("attentionpredictor", KvBudget.Slots(256), new Dictionary<string, string> { ["weights"] = "no/such.safetensors" }),
            Throws.ArgumentException.With.Message.Contains("'no/such.safetensors'").And.Message.Contains("weights=PATH"));
    }

    [Test]
    public void Create_ReadsTheFileInTheOrderOfTheNetwork()
    {
        var policy = (AttentionPredictorPolicy)Create(AttentionPredictorWeightFile.Path);
        string[] order = ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "conv3.weight", "conv3.bias"];
        float[] expected = [.. order.SelectMany(AttentionPredictorWeightFile.Values)];
        Assert.That(policy.Weights.Packed, Is.EqualTo(expected));
    }

    [Test]
    public void Create_WithAMissingTensorNamesIt([Values("conv1.weight", "conv2.bias", "conv3.bias")] string missing)
    {
        string path = AttentionPredictorWeightFile.Write($"missing-{missing}.safetensors", missing);
        Assert.That(() => Create(path), Throws.TypeOf<ModelFormatException>().With.Message.Contains($"'{missing}'").And.Message.Contains("weights=PATH"));
    }

    [Test]
    public void Create_WithATensorOfAnotherShapeNamesBothShapes()
    {
        string path = AttentionPredictorWeightFile.Write("flat.safetensors", flat: "conv2.weight");
        Assert.That(
            () => Create(path),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("'conv2.weight'").And.Message.Contains("[4608]").And.Message.Contains("[32, 16, 3, 3]"));
    }

    [Test]
    public void Create_WithAFileThatIsNoneSaysSo()
    {
        string path = AttentionPredictorWeightFile.Write("text.safetensors");
        File.WriteAllText(path, "This is no file of tensors.");
        Assert.That(() => Create(path), Throws.TypeOf<ModelFormatException>().With.Message.Contains("text.safetensors"));
    }

    [TestCase("sinks", "24", "multiple")]
    [TestCase("sinks", "-16", "multiple")]
    [TestCase("local", "0", "multiple")]
    [TestCase("calibration", "-1", "calibration")]
    [TestCase("dense", "-1", "dense")]
    public void Create_WithAnImpossibleNumberSaysWhatIsPossible(string option, string value, string says) =>
        Assert.That(() => Create(AttentionPredictorWeightFile.Path, (option, value)), Throws.InstanceOf<ArgumentException>().With.Message.Contains(says));

    [Test]
    public void Create_WithABudgetBelowWhatIsAlwaysReadSaysTheLeast()
    {
        var options = new Dictionary<string, string> { ["weights"] = AttentionPredictorWeightFile.Path, ["sinks"] = "32", ["local"] = "48" };
        Assert.That(() => KvPolicies.Create("attentionpredictor", KvBudget.Slots(79), options), Throws.ArgumentException.With.Message.Contains("the least is 80"));
        Assert.That(() => KvPolicies.Create("attentionpredictor", KvBudget.Slots(80), options), Throws.Nothing);
    }

    private static CachePolicy Create(string path, params (string Name, string Value)[] more)
    {
        var options = new Dictionary<string, string> { ["weights"] = path };
        foreach ((string name, string value) in more)
        {
            options[name] = value;
        }

        return KvPolicies.Create("attentionpredictor", KvBudget.Slots(256), options);
    }
}
