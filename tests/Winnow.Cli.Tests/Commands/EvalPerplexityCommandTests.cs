using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Winnow.Cli.Commands;

public sealed class EvalPerplexityCommandTests
{
    private const string Tale =
        "Once upon a time, Lily lived near the school. Paint the gate purple. Give Ada plums. Name the owl Milo. Paint the wall blue.\nRecall: Paint the gate purple.";

    [Test]
    public async Task Perplexity_OfTheFullCacheIsThatOfThePerplexityCommand()
    {
        CliRun plain = await CliRun.WithInputAsync(Tale, "perplexity", "--json");
        CliRun run = await CliRun.WithInputAsync(Tale, "eval", "perplexity", "--text", "-", "--policy", "none,window", "--budget", "12,4096", "--json");

        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(run.Json.Select(line => line.GetProperty("policy").GetString()), Is.EqualTo(new[] { "none", "window", "window" }));
        (JsonElement none, JsonElement small, JsonElement large) = (run.Json[0], run.Json[1], run.Json[2]);
        Assert.That(Of(none, "perplexity"), Is.EqualTo(Of(plain.Json[0], "perplexity")));
        Assert.That(Of(large, "perplexity"), Is.EqualTo(Of(none, "perplexity")), "a budget above the text");
        Assert.That(Of(small, "perplexity"), Is.GreaterThan(Of(none, "perplexity")));
        Assert.That(Of(small, "slots"), Is.EqualTo(12));
        Assert.That(run.Json.Select(line => Of(line, "tokens")), Is.All.EqualTo(Of(plain.Json[0], "tokens")));
    }

    [Test]
    public async Task Perplexity_OfAStreamGoesFarBeyondTheContext()
    {
        string text = string.Join('\n', Enumerable.Repeat(Tale, 6));

        CliRun run = await CliRun.WithInputAsync(
            text, "eval", "perplexity", "--text", "-", "--policy", "streamingllm,window", "--budget", "32", "--context", "64", "--json");

        Assert.That(run.Code, Is.Zero, run.Error);
        (JsonElement stream, JsonElement windows) = (run.Json[0], run.Json[1]);
        Assert.That(Of(stream, "window"), Is.EqualTo(Of(stream, "tokens") + 1).And.GreaterThan(200), "one window");
        Assert.That(Of(windows, "window"), Is.EqualTo(64));
        Assert.That(Of(stream, "slots"), Is.EqualTo(32));
        Assert.That(Of(stream, "perplexity"), Is.InRange(1, 100));
    }

    [Test]
    public async Task Perplexity_AsATableHasARowForEachPolicyAndBudget()
    {
        CliRun run = await CliRun.WithInputAsync(Tale, "eval", "perplexity", "--text", "-", "--policy", "window", "--budget", "8,16,1");

        Assert.That(run.OutputLines.Select(line => line.Split(' ')[0]), Is.EqualTo(new[] { "policy", "none", "window", "window" }));
        Assert.That(run.OutputLines[0], Does.Contain("perplexity").And.Contain("slots").And.Contain("tokens/s"));
    }

    [Test]
    public async Task Perplexity_WithoutATextFails()
    {
        CliRun missing = await CliRun.OfAsync("eval", "perplexity", "--policy", "none", "--text", Path.Combine("no", "such.txt"));
        CliRun none = await CliRun.OfAsync("eval", "perplexity", "--policy", "none");

        Assert.That((missing.Code, none.Code), Is.EqualTo((ExitCodes.Failure, ExitCodes.Usage)));
        Assert.That(missing.Error, Does.Contain("such.txt"));
        Assert.That(none.Error, Does.Contain("--text").And.Contain("winnow eval perplexity --help"));
    }

    private static double Of(JsonElement line, string name) => line.GetProperty(name).GetDouble();
}
