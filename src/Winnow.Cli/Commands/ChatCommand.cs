using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Cache.Policies;
using Winnow.Cli.Terminal;
using Winnow.Engine;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow chat</c>: a conversation, line by line, from a terminal or a pipe.</summary>
internal sealed class ChatCommand
{
    private readonly CliHost _host;
    private readonly LoadOptions _load = new();
    private readonly SamplingOptions _sampling = new();
    private readonly KvPolicyOptions _policy = new();
    private readonly Option<string?> _system = new("--system") { Description = "What the model is told before the conversation.", HelpName = "text" };

    private ChatCommand(CliHost host) => _host = host;

    public static Command Create(CliHost host)
    {
        ChatCommand self = new(host);
        Command command = new("chat", "Talk with a model: one line is one message; /reset starts anew, /exit or the end of the input ends.")
        {
            self._system,
        };
        self._load.AddTo(command);
        self._sampling.AddTo(command);
        self._policy.AddTo(command);
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        GenerationOptions options = _sampling.Read(parsed);
        CachePolicy? policy = _policy.Read(parsed);
        await using WinnowEngine engine = await _load.LoadAsync(parsed, _host, 1, cancellationToken, policy).ConfigureAwait(false);
        if (engine.ChatTemplate is null)
        {
            throw new WinnowException(
                $"{_load.Model.PathOf(parsed)}: this model has no chat template, so it cannot hold a conversation; continue a text with 'winnow generate'.");
        }

        bool people = _host.InputIsTerminal && _host.OutputIsTerminal;
        if (people)
        {
            _host.Error.WriteLine($"{engine.ModelName}: /reset starts anew, /exit ends.");
        }

        bool goesOn = true;
        while (goesOn)
        {
            await using var conversation = new Conversation(engine, parsed.GetValue(_system));
            goesOn = await TalkAsync(conversation, options, people, parsed.GetValue(CommonOptions.Json), cancellationToken).ConfigureAwait(false);
        }

        return ExitCodes.Success;
    }

    // Whether another conversation follows.
    private async Task<bool> TalkAsync(Conversation conversation, GenerationOptions options, bool people, bool json, CancellationToken cancellationToken)
    {
        while (await ReadAsync(people, cancellationToken).ConfigureAwait(false) is { } line and not "/exit")
        {
            if (line == "/reset")
            {
                return true;
            }

            if (line.Length > 0)
            {
                await AnswerAsync(conversation, line, options, people, json, cancellationToken).ConfigureAwait(false);
            }
        }

        return false;
    }

    private async Task<string?> ReadAsync(bool people, CancellationToken cancellationToken)
    {
        if (people)
        {
            _host.Error.Write("> ");
        }

        return await _host.ReadLineAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task AnswerAsync(Conversation conversation, string line, GenerationOptions options, bool people, bool json, CancellationToken cancellationToken)
    {
        conversation.Ask(line);
        GenerationView view = json ? new JsonGenerationView(_host.Output) : new TextGenerationView(_host, raw: false);
        try
        {
            conversation.Note(await view.ShowAsync("", conversation.AnswerAsync(options, cancellationToken)).ConfigureAwait(false));
        }
        catch (ContextLengthException exception) when (people)
        {
            // Who types it can say it shorter; a pipe cannot.
            conversation.TakeBack();
            _host.Error.WriteLine($"winnow: that makes {exception.Tokens} tokens, and the context has {exception.ContextTokens}; say it shorter, or /reset.");
        }
    }
}
