using System.IO;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Winnow.Cli;

/// <summary>What goes wrong outside the command line: one clear line, exit code 1, no stack trace.</summary>
public sealed class FailureTests
{
    [Test]
    public async Task Model_ThatIsMissingIsNamed()
    {
        AssertFails(await CliRun.OfAsync("generate", "--model", "no/such/model.gguf", "--prompt", "x"), "no/such/model.gguf");
    }

    [Test]
    public async Task Folder_WithoutAModelIsToldFromAMissingOne()
    {
        using TemporaryFolder folder = new();

        AssertFails(await CliRun.OfAsync("inspect", folder.Root), "config.json");
    }

    [Test]
    public async Task Architecture_ThatIsUnknownIsNamed()
    {
        using TemporaryFolder folder = new();
        string model = folder.CopyOfBundledModel("strange");
        await File.WriteAllTextAsync(Path.Combine(model, "config.json"), """{"model_type": "quetzal", "hidden_size": 8}""");

        AssertFails(await CliRun.OfAsync("generate", "--model", model, "--prompt", "x"), "quetzal");
    }

    [TestCase("model.safetensors")]
    [TestCase("tokenizer.json")]
    [TestCase("config.json")]
    public async Task File_ThatIsCutShortIsNamed(string name)
    {
        using TemporaryFolder folder = new();
        string model = folder.CopyOfBundledModel("damaged");
        string path = Path.Combine(model, name);
        byte[] bytes = await File.ReadAllBytesAsync(path);
        await File.WriteAllBytesAsync(path, bytes[..(bytes.Length / 2)]);

        AssertFails(await CliRun.OfAsync("generate", "--model", model, "--prompt", "x"), name);
    }

    [Test]
    public async Task Prompt_LongerThanTheContextGivesBothNumbers()
    {
        CliRun run = await CliRun.OfAsync("generate", "--prompt", "Once upon a time, there was", "--context", "4");

        AssertFails(run, "context of 4 tokens");
        Assert.That(run.Output, Is.Empty);
    }

    [Test]
    public async Task Verbose_AddsWhereItHappened()
    {
        CliRun run = await CliRun.OfAsync("inspect", "no/such/model", "--verbose");

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(run.Error, Does.Contain("   at Winnow."));
    }

    private static void AssertFails(CliRun run, string mentions)
    {
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(run.Error, Does.StartWith("winnow: ").And.Contain(mentions));
        Assert.That(run.Error.Trim(), Does.Not.Contain("\n"), "one line");
    }
}
