using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Winnow.Cli.Commands;

/// <summary>The commands that answer with numbers: embed and perplexity.</summary>
public sealed class MeasureCommandTests
{
    [Test]
    public async Task Embed_WritesAUnitVectorForEachText()
    {
        CliRun run = await CliRun.OfAsync("embed", "Give Ada bread.", "Paint the barn red.", "--json");

        double[][] vectors = [.. run.Json.Select(Vector)];
        Assert.That(run.Json.Select(line => line.GetProperty("text").GetString()), Is.EqualTo(new[] { "Give Ada bread.", "Paint the barn red." }));
        Assert.That(vectors.Select(vector => vector.Length), Is.All.EqualTo(128));
        Assert.That(vectors.Select(vector => vector.Sum(value => value * value)), Is.All.EqualTo(1).Within(1e-5));
        Assert.That(vectors[0], Is.Not.EqualTo(vectors[1]));
    }

    [Test]
    public async Task Embed_ReadsLinesAndWritesNumbers()
    {
        CliRun run = await CliRun.WithInputAsync("one\ntwo\n", "embed", "--pooling", "last");

        Assert.That(run.OutputLines, Has.Length.EqualTo(2));
        Assert.That(run.OutputLines[0].Split(' '), Has.Length.EqualTo(128));
    }

    [Test]
    public async Task Perplexity_IsLowerForWhatTheModelLearnt()
    {
        CliRun tale = await CliRun.WithInputAsync("Once upon a time, Lily lived near the school. Paint the gate purple. Give Ada plums.", "perplexity", "--json");
        CliRun noise = await CliRun.WithInputAsync("zq xv 9981 kjhw! qqq vvv ooo uuu", "perplexity", "--json");

        Assert.That(Perplexity(tale), Is.InRange(1, 20));
        Assert.That(Perplexity(noise), Is.GreaterThan(10 * Perplexity(tale)));
    }

    [Test]
    public async Task Perplexity_OfAMissingFileFails()
    {
        CliRun run = await CliRun.OfAsync("perplexity", Path.Combine("no", "such.txt"));

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(run.Error, Does.Contain("such.txt"));
    }

    private static double[] Vector(JsonElement line) => [.. line.GetProperty("embedding").EnumerateArray().Select(value => value.GetDouble())];

    private static double Perplexity(CliRun run) => run.Json[0].GetProperty("perplexity").GetDouble();
}
