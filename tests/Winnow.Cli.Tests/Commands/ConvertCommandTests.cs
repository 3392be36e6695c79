using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.TestSupport;

namespace Winnow.Cli.Commands;

public sealed class ConvertCommandTests
{
    private static readonly string[] Tale = ["--prompt", "Once upon a time", "--max-tokens", "80", "--temperature", "0.8", "--seed", "3", "--raw"];

    [TestCase(null)]
    [TestCase("f16")]
    [TestCase("f32")]
    public async Task Convert_ThereAndBackTellsTheSameTale(string? type)
    {
        using TemporaryFolder folder = new();
        string[] typed = type is null ? [] : ["--type", type];
        CliRun original = await CliRun.OfAsync(["generate", "--model", ModelOption.BundledPath, .. Tale]);

        CliRun there = await CliRun.OfAsync(["convert", ModelOption.BundledPath, folder["tale.gguf"], .. typed]);
        CliRun back = await CliRun.OfAsync(["convert", folder["tale.gguf"], folder["back"], .. typed]);

        Assert.That((there.Code, back.Code), Is.EqualTo((0, 0)), there.Error + back.Error);
        Assert.That((await CliRun.OfAsync(["generate", "--model", folder["tale.gguf"], .. Tale])).Output, Is.EqualTo(original.Output));
        Assert.That((await CliRun.OfAsync(["generate", "--model", folder["back"], .. Tale])).Output, Is.EqualTo(original.Output));
    }

    [TestCase("models/stories260K", "story.gguf")]
    [TestCase("models/stories260K/stories260K-f32.gguf", "story")]
    public async Task Convert_OfASentencePieceModelKeepsTheGoldenText(string source, string name)
    {
        string model = SharedFiles.Require(source);
        string golden = await File.ReadAllTextAsync(SharedFiles.Require("golden/stories260K.txt"));
        using TemporaryFolder folder = new();

        CliRun converted = await CliRun.OfAsync("convert", model, folder[name]);
        CliRun story = await CliRun.OfAsync(
            "generate", "--model", folder[name], "--prompt", "Once upon a time", "--max-tokens", "196", "--temperature", "0", "--raw");

        Assert.That(converted.Code, Is.Zero, converted.Error);
        Assert.That(story.Output, Is.EqualTo(golden));
    }

    [TestCase("llama-f32")]
    [TestCase("qwen2-f32")]
    [TestCase("qwen3-f32")]
    public async Task Convert_OfGgufFamiliesThereAndBackKeepsEveryByteOfTheWeights(string name)
    {
        string source = SharedFiles.Require($"golden/llamacpp/{name}.gguf");
        using TemporaryFolder folder = new();

        CliRun there = await CliRun.OfAsync("convert", source, folder["folder"]);
        CliRun back = await CliRun.OfAsync("convert", folder["folder"], folder["back.gguf"]);

        Assert.That((there.Code, back.Code), Is.EqualTo((0, 0)), there.Error + back.Error);
        using Formats.Gguf.GgufFile before = Formats.Gguf.GgufFile.Open(source);
        using Formats.Gguf.GgufFile after = Formats.Gguf.GgufFile.Open(folder["back.gguf"]);
        Assert.That(after.Tensors.Select(tensor => tensor.Name), Is.EquivalentTo(before.Tensors.Select(tensor => tensor.Name)));
        foreach (Formats.TensorInfo tensor in before.Tensors)
        {
            byte[] expected = new byte[tensor.Bytes];
            byte[] actual = new byte[tensor.Bytes];
            before.Read(tensor, 0, expected);
            after.Read(after.Get(tensor.Name), 0, actual);
            Assert.That(actual.AsSpan().SequenceEqual(expected), Is.True, tensor.Name);
        }
    }

    [TestCase("q8_0")]
    [TestCase("q4_0")]
    public async Task Convert_ToAQuantizedTypeIsSmallerAndStillTellsATale(string type)
    {
        using TemporaryFolder folder = new();

        CliRun converted = await CliRun.OfAsync("convert", ModelOption.BundledPath, folder["small.gguf"], "--type", type, "--json");
        CliRun tale = await CliRun.OfAsync(["generate", "--model", folder["small.gguf"], .. Tale]);

        Assert.That(converted.Json[0].GetProperty("bytes_after").GetInt64(), Is.LessThan(converted.Json[0].GetProperty("bytes_before").GetInt64() * 6 / 10));
        Assert.That(tale.Output, Does.StartWith("Once upon a time").And.Length.GreaterThan(100));
    }

    [Test]
    public async Task Convert_OverSomethingNeedsForce()
    {
        using TemporaryFolder folder = new();
        string[] arguments = ["convert", ModelOption.BundledPath, folder["tale.gguf"]];
        await CliRun.OfAsync(arguments);

        CliRun again = await CliRun.OfAsync(arguments);
        CliRun forced = await CliRun.OfAsync([.. arguments, "--force"]);

        Assert.That(again.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(again.Error, Does.Contain("--force"));
        Assert.That(forced.Code, Is.Zero);
    }

    [Test]
    public async Task Convert_OverItsOwnSourceIsRefusedWithForceToo()
    {
        using TemporaryFolder folder = new();
        await CliRun.OfAsync("convert", ModelOption.BundledPath, folder["tale.gguf"]);
        byte[] before = File.ReadAllBytes(folder["tale.gguf"]);
        File.CreateSymbolicLink(folder["link.gguf"], folder["tale.gguf"]);

        Directory.CreateSymbolicLink(folder["elsewhere"], Path.GetDirectoryName(folder["tale.gguf"])!);

        foreach (string destination in new[] { folder["tale.gguf"], folder["link.gguf"], Path.Combine(folder["elsewhere"], "link.gguf") })
        {
            CliRun run = await CliRun.OfAsync("convert", folder["tale.gguf"], destination, "--type", "f16", "--force");

            Assert.That((run.Code, run.Output), Is.EqualTo((ExitCodes.Usage, "")));
            Assert.That(run.Error, Does.Contain("is the model itself").And.Contain("another name"));
        }

        Assert.That(File.ReadAllBytes(folder["tale.gguf"]), Is.EqualTo(before));
    }

    [Test]
    public async Task Convert_ToWhatTheFormatCannotHoldIsAWrongCommandLine()
    {
        using TemporaryFolder folder = new();

        CliRun run = await CliRun.OfAsync("convert", ModelOption.BundledPath, folder["folder"], "--type", "q8_0");

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(run.Error, Does.Contain("safetensors").And.Not.Contain("Parameter"));
        Assert.That(Directory.Exists(folder["folder"]), Is.False);
    }
}
