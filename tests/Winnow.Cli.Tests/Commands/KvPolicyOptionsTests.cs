using System.IO;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Winnow.Cli.Commands;

/// <summary>--kv-policy, --kv-budget and --kv-option of the commands that generate.</summary>
public sealed class KvPolicyOptionsTests
{
    [Test]
    public async Task Generate_UnderAPolicyThatCutsTellsAnotherTale()
    {
        CliRun full = await CliRun.OfAsync("generate", "--raw", "--max-tokens", "60");
        CliRun everything = await CliRun.OfAsync("generate", "--raw", "--max-tokens", "60", "--kv-policy", "window", "--kv-budget", "all");
        CliRun cut = await CliRun.OfAsync("generate", "--raw", "--max-tokens", "60", "--kv-policy", "window", "--kv-budget", "6");

        Assert.That(everything.Output, Is.EqualTo(full.Output));
        Assert.That(cut.Code, Is.Zero, cut.Error);
        Assert.That(cut.Output, Is.Not.EqualTo(full.Output).And.StartWith("Once upon a time"));
    }

    [Test]
    public async Task Generate_WithoutAPolicyIsThePolicyNone()
    {
        CliRun full = await CliRun.OfAsync("generate", "--raw", "--max-tokens", "20");
        CliRun none = await CliRun.OfAsync("generate", "--raw", "--max-tokens", "20", "--kv-policy", "none");

        Assert.That(none.Output, Is.EqualTo(full.Output));
    }

    [Test]
    public async Task Chat_TakesAPolicyWithOptions()
    {
        using TemporaryFolder folder = new();
        string model = folder.CopyOfBundledModel("chatty");
        await File.WriteAllTextAsync(Path.Combine(model, "chat_template.jinja"), "{{ messages[0].content }}");
        string[] chat = ["chat", "--model", model, "--max-tokens", "30", "--temperature", "0"];
        const string Line = "Once upon a time, Lily lived near the school. Paint the gate purple. Give Ada plums.\n";

        CliRun full = await CliRun.WithInputAsync(Line, chat);
        CliRun cut = await CliRun.WithInputAsync(Line, [.. chat, "--kv-policy", "snapkv", "--kv-budget", "6", "--kv-option", "window=2", "--kv-option", "kernel=1"]);

        Assert.That(cut.Code, Is.Zero, cut.Error);
        Assert.That(cut.Output, Is.Not.EqualTo(full.Output));
    }

    [TestCase("there are none, window", "--kv-policy", "windwo", "--kv-budget", "8")]
    [TestCase("there are none, window", "--kv-policy", "windwo")]
    [TestCase("it has window, kernel, max", "--kv-policy", "snapkv", "--kv-budget", "64", "--kv-option", "sink=1")]
    [TestCase("the least is 32", "--kv-policy", "snapkv", "--kv-budget", "4")]
    [TestCase("is no budget", "--kv-policy", "window", "--kv-budget", "0")]
    [TestCase("is no budget", "--kv-policy", "window", "--kv-budget", "1.5")]
    [TestCase("needs --kv-budget", "--kv-policy", "window")]
    [TestCase("name it with --kv-policy", "--kv-budget", "8")]
    [TestCase("name it with --kv-policy", "--kv-option", "kernel=1")]
    [TestCase("name=value", "--kv-policy", "window", "--kv-budget", "8", "--kv-option", "kernel")]
    [TestCase("takes no policy behind it", "--kv-policy", "window+tova", "--kv-budget", "8")]
    public async Task Generate_WithWhatCannotBeSaysWhatCan(string says, params string[] args)
    {
        CliRun run = await CliRun.OfAsync(["generate", .. args]);

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage), run.Error);
        Assert.That(run.Error, Does.StartWith("winnow: ").And.Contain(says));
        Assert.That(run.Output, Is.Empty);
    }
}
