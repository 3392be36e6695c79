using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Winnow.Cli.Commands;

public sealed class TokenizeCommandTests
{
    private const string Text = "Give Ada bread, caf\u00e9 \U0001F600.";

    [Test]
    public async Task Tokenize_AndBackIsTheSameText()
    {
        CliRun tokens = await CliRun.OfAsync("tokenize", Text, "--no-special", "--json");
        string ids = tokens.Json[0].GetProperty("tokens").GetRawText();
        CliRun text = await CliRun.OfAsync("tokenize", "--decode", ids, "--json");

        Assert.That(text.Json[0].GetProperty("text").GetString(), Is.EqualTo(Text));
    }

    [Test]
    public async Task Tokenize_AddsTheBeginningUnlessToldNotTo()
    {
        CliRun with = await CliRun.OfAsync("tokenize", Text, "--json");
        CliRun without = await CliRun.OfAsync("tokenize", Text, "--no-special", "--json");

        Assert.That(with.Json[0].GetProperty("tokens").GetArrayLength(), Is.EqualTo(without.Json[0].GetProperty("tokens").GetArrayLength() + 1));
        Assert.That(with.Json[0].GetProperty("pieces")[0].GetString(), Is.EqualTo("<|bos|>"));
    }

    [Test]
    public async Task Tokenize_TakesSpelledOutTokensAsTextUnlessAsked()
    {
        CliRun text = await CliRun.OfAsync("tokenize", "<|eos|>", "--no-special", "--json");
        CliRun token = await CliRun.OfAsync("tokenize", "<|eos|>", "--no-special", "--parse-special", "--json");

        Assert.That(token.Json[0].GetProperty("tokens").EnumerateArray().Select(id => id.GetInt32()), Is.EqualTo(new[] { 1 }));
        Assert.That(text.Json[0].GetProperty("tokens").GetArrayLength(), Is.GreaterThan(1));
    }

    [Test]
    public async Task Tokenize_ReadsTheInputAndWritesPlainColumns()
    {
        CliRun run = await CliRun.WithInputAsync("Hi\n", "tokenize");

        Assert.That(run.OutputLines[0], Is.EqualTo("token  piece"));
        Assert.That(run.OutputLines[1], Is.EqualTo("    0  <|bos|>"));
    }
}
