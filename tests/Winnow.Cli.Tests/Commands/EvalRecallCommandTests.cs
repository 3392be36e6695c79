using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using System.Xml.Linq;
using NUnit.Framework;

namespace Winnow.Cli.Commands;

public sealed class EvalRecallCommandTests
{
    private static readonly string[] Few = ["--length", "200", "--limit", "3"];

    [Test]
    public async Task Recall_OfTheFullCacheIsWhatTheModelCardSays()
    {
        string card = await File.ReadAllTextAsync(Path.Combine(ModelOption.BundledPath, "README.md"));
        Dictionary<int, int> expected = Regex.Matches(card, @"^\| (\d+) \| \d+ \| (\d+) / 40 \|", RegexOptions.Multiline)
            .ToDictionary(match => Number(match.Groups[1].Value), match => Number(match.Groups[2].Value));

        CliRun run = await CliRun.OfAsync("eval", "recall", "--policy", "none", "--json");

        JsonElement[] lengths = [.. run.Json.Single().GetProperty("lengths").EnumerateArray()];
        Assert.That(lengths.Select(Length), Is.EqualTo(expected.Keys.Order()).And.Not.Empty);
        foreach (JsonElement length in lengths)
        {
            Assert.That(length.GetProperty("questions").GetInt32(), Is.EqualTo(40));
            Assert.That(length.GetProperty("exact").GetInt32(), Is.EqualTo(expected[Length(length)]).Within(1), $"length {Length(length)}");
        }
    }

    [Test]
    public async Task Recall_OfABudgetSaysWhatWasKept()
    {
        CliRun run = await CliRun.OfAsync(["eval", "recall", "--policy", "window", "--budget", "32,1", "--json", .. Few]);

        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(run.Json.Select(line => line.GetProperty("policy").GetString()), Is.EqualTo(new[] { "none", "window" }));
        (JsonElement full, JsonElement window) = (run.Json[0], run.Json[1]);
        Assert.That(full.GetProperty("bytes_kept").GetDouble(), Is.EqualTo(1));
        Assert.That(full.GetProperty("slots").GetDouble(), Is.EqualTo(full.GetProperty("tokens").GetDouble()).Within(1e-6).And.GreaterThan(64));
        Assert.That(window.GetProperty("budget").GetString(), Is.EqualTo("32"));
        Assert.That(window.GetProperty("slots").GetDouble(), Is.EqualTo(32).Within(1e-6));
        Assert.That(window.GetProperty("bytes").GetDouble(), Is.EqualTo(6 * 2 * 2 * 16 * ((32 * 2 * sizeof(float)) + sizeof(int))), "two pages of each head");
        Assert.That(window.GetProperty("questions").GetInt32(), Is.EqualTo(3));
        Assert.That(window.GetProperty("query_aware").GetBoolean(), Is.False);
        Assert.That(window.GetProperty("decode_tokens_per_second").GetDouble(), Is.Positive);
    }

    [Test]
    public async Task Recall_AsATableHasARowForEachPolicyAndBudget()
    {
        CliRun run = await CliRun.OfAsync(["eval", "recall", "--policy", "window,tova", "--budget", "0.25,0.5,1", "--query-aware", .. Few]);

        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(run.Error, Is.Empty);
        Assert.That(run.OutputLines[0], Does.StartWith("policy").And.Contain("200").And.Contain("slots").And.Contain("of full"));
        Assert.That(run.OutputLines.Skip(1).Select(line => Regex.Replace(line, " +", " ")), Is.All.Match(@"^\w+ (all|0\.\d+) \d/3 \d/3 [\d.]+ [\d.]+ [\d.]+ KiB [\d.]+ % \d+ [\d.]+$"));
        Assert.That(run.OutputLines.Skip(1).Select(line => line.Split(' ')[0]), Is.EqualTo(new[] { "none", "window", "window", "tova", "tova" }));
    }

    [Test]
    public async Task Recall_DrawsALineForEachPolicyAndMarksTheFullCache()
    {
        using TemporaryFolder folder = new();
        CliRun run = await CliRun.OfAsync(["eval", "recall", "--policy", "window,tova", "--budget", "0.25,0.5,1", "--svg", folder["plot.svg"], .. Few]);

        Assert.That(run.Code, Is.Zero, run.Error);
        XElement svg = XDocument.Load(folder["plot.svg"]).Root!;
        XNamespace space = svg.Name.Namespace;
        Assert.That(svg.Elements(space + "g").Select(line => line.Element(space + "title")!.Value.Split(':')[0]), Is.EqualTo(new[] { "window", "tova" }));
        Assert.That(svg.Elements(space + "text").Select(text => text.Value), Has.Some.StartsWith("full cache: ").And.Some.Contains("3 questions"));
    }

    [Test]
    public async Task Recall_DrawsNoLineForAPolicyUnderWhichNothingLeaves()
    {
        using TemporaryFolder folder = new();
        CliRun run = await CliRun.OfAsync(["eval", "recall", "--policy", "window,lazyeviction", "--budget", "0.5", "--svg", folder["plot.svg"], .. Few]);

        Assert.That(run.Code, Is.Zero, run.Error);
        XElement svg = XDocument.Load(folder["plot.svg"]).Root!;
        XNamespace space = svg.Name.Namespace;
        Assert.That(svg.Elements(space + "g").Select(line => line.Element(space + "title")!.Value.Split(':')[0]), Is.EqualTo(new[] { "window" }));
        Assert.That(svg.Elements(space + "text").Select(text => text.Value), Has.Some.EndsWith("nothing left the cache under lazyeviction"));
    }

    [Test]
    public async Task Recall_OfAnUnknownPolicyListsTheKnownOnes()
    {
        await AssertRefusedAsync("there are none, window", "--policy", "windwo");
        await AssertRefusedAsync("there are none, window", "--policy", "windwo", "--budget", "1");
    }

    [Test]
    public async Task Recall_WithAnUnknownOptionListsThoseOfThePolicies()
    {
        await AssertRefusedAsync("'sink'; there are kernel, max, window.", "--policy", "window,snapkv", "--kv-option", "sink=4");
        await AssertRefusedAsync("name=value", "--policy", "snapkv", "--kv-option", "kernel");
        await AssertRefusedAsync("a whole number, not 'four'", "--policy", "snapkv", "--kv-option", "kernel=four");
    }

    [Test]
    public async Task Recall_WithTooSmallABudgetSaysTheLeast()
    {
        await AssertRefusedAsync("the least is 32", "--policy", "snapkv", "--budget", "8");
        await AssertRefusedAsync("is no budget", "--policy", "snapkv", "--budget", "half");
        await AssertRefusedAsync("--budget must name at least one", "--policy", "snapkv", "--budget", ",");
    }

    [Test]
    public async Task Recall_OfAllLeavesOutWhatCannotBeAndSaysSo()
    {
        CliRun run = await CliRun.OfAsync("eval", "recall", "--policy", "all", "--budget", "8", "--length", "200", "--limit", "1", "--json", "--kv-option", "kernel=3");

        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(run.Error.Split('\n'), Has.Some.Match("^winnow: snapkv 8 is left out: .*the least is 32"));
        Assert.That(run.Json.Select(line => line.GetProperty("policy").GetString()), Has.Member("window").And.Member("none").And.No.Member("snapkv"));
    }

    [Test]
    public async Task Recall_GivesAnOptionToThosePoliciesThatHaveIt()
    {
        CliRun run = await CliRun.OfAsync(["eval", "recall", "--policy", "window,snapkv,adakv", "--budget", "16", "--kv-option", "window=8", "--json", .. Few]);

        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(run.Json.Select(line => line.GetProperty("slots").GetDouble()), Is.All.EqualTo(16).Within(1e-6));
    }

    [Test]
    public async Task Recall_TokenByTokenLetsAPolicyCutThatOnlyDoesWhileDecoding()
    {
        string[] args = ["eval", "recall", "--policy", "lazyeviction", "--budget", "24", "--kv-option", "window=8", "--json", "--length", "200", "--limit", "2"];
        CliRun whole = await CliRun.OfAsync(args);
        CliRun single = await CliRun.OfAsync([.. args, "--chunk", "1"]);

        Assert.That(whole.Json[0].GetProperty("slots_kept").GetDouble(), Is.EqualTo(1).Within(1e-9));
        Assert.That(single.Json[0].GetProperty("slots").GetDouble(), Is.InRange(24, 32), "it grows by the window in between");
    }

    [Test]
    public async Task Recall_UnderAPolicyThatReadsLessKeepsAll()
    {
        CliRun run = await CliRun.OfAsync(["eval", "recall", "--policy", "tidaldecode", "--budget", "4,4096,1", "--json", "--length", "200", "--limit", "8"]);

        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(run.Json.Select(line => line.GetProperty("slots_kept").GetDouble()), Is.All.EqualTo(1).Within(1e-9));
        int[] exact = [.. run.Json.Select(line => line.GetProperty("exact").GetInt32())];
        Assert.That(exact[2], Is.EqualTo(exact[0]), "all that there is");
        Assert.That(exact[1], Is.LessThan(exact[0]), "four slots");
    }

    [Test]
    public async Task Recall_OfLengthsThatAreNotThereListsThem()
    {
        await AssertRefusedAsync("there are of 200, 400, 800", "--policy", "none", "--length", "300");
        await AssertRefusedAsync("there are of 200, 400, 800", "--policy", "none", "--length", "200,long");
    }

    [Test]
    public async Task Recall_OfAMissingFileFails()
    {
        CliRun run = await CliRun.OfAsync("eval", "recall", "--policy", "none", "--questions", Path.Combine("no", "such.jsonl"));

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(run.Error, Does.StartWith("winnow: ").And.Contain("such.jsonl"));
    }

    [TestCase("""{"length": 200, "context": "a", "question": "b" """, "this is not JSON")]
    [TestCase("""{"length": 200, "context": "a", "question": "b"}""", "'answer' must be a text")]
    [TestCase("""{"length": "long", "context": "a", "question": "b", "answer": "c"}""", "'length' must be a whole number")]
    [TestCase("[1]", "a question is a JSON object")]
    public async Task Recall_OfABadLineNamesFileAndLine(string line, string says)
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder["bad.jsonl"], """{"length": 1, "context": "a", "question": "b", "answer": "c"}""" + "\n\n" + line + "\n");

        CliRun run = await CliRun.OfAsync("eval", "recall", "--policy", "none", "--questions", folder["bad.jsonl"]);

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(run.Error, Does.Contain($"{folder["bad.jsonl"]}, line 3: ").And.Contain(says));
        Assert.That(run.Error.Trim(), Does.Not.Contain("\n"));
    }

    [Test]
    public async Task Recall_ToAFolderThatIsNotThereFailsBeforeItMeasures()
    {
        CliRun run = await CliRun.OfAsync("eval", "recall", "--policy", "none", "--svg", Path.Combine("no", "such", "plot.svg"), "--json");

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(run.Error, Does.Contain("plot.svg"));
        Assert.That(run.Output, Is.Empty);
    }

    private static async Task AssertRefusedAsync(string says, params string[] args)
    {
        CliRun run = await CliRun.OfAsync(["eval", "recall", .. args]);

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage), run.Error);
        Assert.That(run.Error, Does.StartWith("winnow: ").And.Contain(says).And.Not.Contain("Parameter"));
        Assert.That(run.Output, Is.Empty);
    }

    private static int Length(JsonElement length) => length.GetProperty("length").GetInt32();

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
