using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.TestSupport;

namespace Winnow.Cli.Commands;

public sealed class GenerateCommandTests
{
    [Test]
    public async Task Generate_WithoutArgumentsTellsTheSameTaleEveryTime()
    {
        CliRun first = await CliRun.OfAsync("generate");
        CliRun second = await CliRun.OfAsync("generate");

        Assert.That(first.Code, Is.Zero);
        Assert.That(first.Output, Does.StartWith("Once upon a time").And.Length.GreaterThan(200));
        Assert.That(second.Output, Is.EqualTo(first.Output));
    }

    [Test]
    public async Task Generate_EndsWithTheFiguresOnTheErrorStream()
    {
        CliRun run = await CliRun.OfAsync("generate", "--max-tokens", "8");

        Assert.That(run.Error.Trim(), Does.Match(
            @"^5 prompt tokens, 8 generated, first token after [\d.]+ m?s, \d+ tokens/s, peak memory [\d.]+ [MG]iB \(token limit\)$"));
    }

    [Test]
    public async Task Generate_RawIsTheGoldenTextAndNothingElse()
    {
        string model = SharedFiles.Require("models/stories260K");
        string golden = await File.ReadAllTextAsync(SharedFiles.Require("golden/stories260K.txt"));

        CliRun run = await CliRun.OfAsync(
            "generate", "--model", model, "--prompt", "Once upon a time", "--max-tokens", "196", "--temperature", "0", "--raw");

        Assert.That(run.Output, Is.EqualTo(golden));
        Assert.That(run.Error, Is.Empty);
    }

    [Test]
    public async Task Generate_JsonIsOneObjectForEachTokenAndOneForAll()
    {
        CliRun run = await CliRun.OfAsync("generate", "--max-tokens", "6", "--json", "--log-probabilities", "3");

        JsonElement[] lines = run.Json;
        JsonElement last = lines[^1];
        Assert.That(lines, Has.Length.EqualTo(7));
        Assert.That(lines[..^1].Select(line => line.GetProperty("top").GetArrayLength()), Is.All.EqualTo(3));
        Assert.That(last.GetProperty("text").GetString(), Is.EqualTo(string.Concat(lines[..^1].Select(line => line.GetProperty("piece").GetString()))));
        Assert.That(last.GetProperty("finish_reason").GetString(), Is.EqualTo("length"));
        Assert.That(last.GetProperty("usage").GetProperty("generated_tokens").GetInt32(), Is.EqualTo(6));
    }

    [Test]
    public async Task Generate_ReadsThePromptFromTheInput()
    {
        CliRun piped = await CliRun.WithInputAsync("Once upon a time\n", "generate", "--prompt", "-", "--max-tokens", "20", "--raw");
        CliRun given = await CliRun.OfAsync("generate", "--max-tokens", "20", "--raw");

        Assert.That(piped.Output, Is.EqualTo(given.Output));
    }

    [Test]
    public async Task Generate_StopsBeforeTheStopText()
    {
        CliRun whole = await CliRun.OfAsync("generate", "--raw");
        CliRun stopped = await CliRun.OfAsync("generate", "--raw", "--stop", ".");

        Assert.That(stopped.Output, Is.EqualTo(whole.Output[..whole.Output.IndexOf('.')]));
    }

    [Test]
    public async Task Generate_WithAnotherSeedTellsAnotherTale()
    {
        CliRun first = await CliRun.OfAsync("generate", "--raw", "--max-tokens", "60");
        CliRun second = await CliRun.OfAsync("generate", "--raw", "--max-tokens", "60", "--seed", "99");

        Assert.That(second.Output, Is.Not.EqualTo(first.Output));
    }

    [Test]
    public async Task Generate_ObeysALogitBias()
    {
        // The greedy continuation's first token is banned, so another one must come.
        CliRun free = await CliRun.OfAsync("generate", "--temperature", "0", "--max-tokens", "1", "--json");
        string token = free.Json[0].GetProperty("token").GetRawText();
        CliRun banned = await CliRun.OfAsync("generate", "--temperature", "0", "--max-tokens", "1", "--json", "--logit-bias", $"{token}=-100");

        Assert.That(banned.Json[0].GetProperty("token").GetRawText(), Is.Not.EqualTo(token));
    }

    [Test]
    public async Task Generate_OneThreadOrTwoGiveTheSameText()
    {
        CliRun one = await CliRun.OfAsync("generate", "--raw", "--max-tokens", "40", "--threads", "1");
        CliRun two = await CliRun.OfAsync("generate", "--raw", "--max-tokens", "40", "--threads", "2");

        Assert.That(two.Output, Is.EqualTo(one.Output));
    }
}
