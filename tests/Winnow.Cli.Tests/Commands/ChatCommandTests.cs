using System.IO;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Engine;
using Winnow.Formats.Templates;

namespace Winnow.Cli.Commands;

public sealed class ChatCommandTests
{
    private const string Template =
        "{{ bos_token }}{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";

    [Test]
    public async Task Chat_WithoutATemplateSaysSo()
    {
        CliRun run = await CliRun.WithInputAsync("Hello\n", "chat");

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(run.Error, Does.Contain("no chat template").And.Contain("winnow generate"));
    }

    [Test]
    public async Task Chat_AnswersEveryLineAndRemembersUntilReset()
    {
        using TemporaryFolder folder = new();
        string model = ChatModel(folder);

        CliRun run = await CliRun.WithInputAsync(
            "Hello\nHello\n/reset\nHello\n/exit\nnever read\n", "chat", "--model", model, "--max-tokens", "5", "--temperature", "0", "--json");

        int[] prompts = [.. run.Json.Where(line => line.TryGetProperty("usage", out _))
            .Select(line => line.GetProperty("usage").GetProperty("prompt_tokens").GetInt32())];
        Assert.That(run.Code, Is.Zero);
        Assert.That(prompts, Has.Length.EqualTo(3));
        Assert.That(prompts[1], Is.GreaterThan(prompts[0]), "the second question comes after the first and its answer");
        Assert.That(prompts[2], Is.EqualTo(prompts[0]), "a reset forgets");
        int[] cached = [.. run.Json.Where(line => line.TryGetProperty("usage", out _))
            .Select(line => line.GetProperty("usage").GetProperty("cached_tokens").GetInt32())];
        Assert.That(cached[0], Is.Zero);
        Assert.That(cached[1], Is.GreaterThanOrEqualTo(prompts[0]), "what was said is not computed again");
        Assert.That(cached[2], Is.Zero);
    }

    [Test]
    public async Task Chat_AnswersAsIfTheWholeConversationWereComputed()
    {
        using TemporaryFolder folder = new();
        string model = ChatModel(folder);
        CliRun run = await CliRun.WithInputAsync(
            "Hello\nOnce upon a time\nWho was it?\n", "chat", "--model", model, "--max-tokens", "12", "--temperature", "0", "--device", "cpu", "--json");
        string[] answers = [.. run.Json.Where(line => line.TryGetProperty("text", out _)).Select(line => line.GetProperty("text").GetString()!)];

        await using WinnowEngine engine = await WinnowEngine.LoadAsync(model);
        ChatTemplateMessage[] messages =
        [
            new("user", "Hello"), new("assistant", answers[0]), new("user", "Once upon a time"), new("assistant", answers[1]), new("user", "Who was it?"),
        ];
        string expected = "";
        await foreach (GeneratedPiece piece in engine.GenerateAsync(messages, new GenerationOptions { MaxTokens = 12, Temperature = 0 }))
        {
            expected += piece.Text;
        }

        Assert.That(answers, Has.Length.EqualTo(3));
        Assert.That(answers[2], Is.EqualTo(expected).And.Not.Empty);
    }

    [Test]
    public async Task Chat_ThatAPipeMakesTooLongEndsWithTheRule()
    {
        using TemporaryFolder folder = new();

        CliRun run = await CliRun.WithInputAsync(
            string.Concat(Enumerable.Repeat("Once upon a time there was a little girl\n", 9)), "chat", "--model", ChatModel(folder), "--max-tokens", "5", "--context", "64");

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(run.Error, Does.Contain("64"));
    }

    [Test]
    public async Task Chat_PutsTheSystemTextFirst()
    {
        using TemporaryFolder folder = new();
        string model = ChatModel(folder);
        string[] arguments = ["chat", "--model", model, "--max-tokens", "1", "--json"];

        CliRun plain = await CliRun.WithInputAsync("Hello\n", arguments);
        CliRun told = await CliRun.WithInputAsync("Hello\n", [.. arguments, "--system", "You are brief."]);

        Assert.That(PromptTokens(told), Is.GreaterThan(PromptTokens(plain)));
    }

    private static int PromptTokens(CliRun run) => run.Json[^1].GetProperty("usage").GetProperty("prompt_tokens").GetInt32();

    private static string ChatModel(TemporaryFolder folder)
    {
        string model = folder.CopyOfBundledModel("chatty");
        File.WriteAllText(Path.Combine(model, "chat_template.jinja"), Template);
        return model;
    }
}
