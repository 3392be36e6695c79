using System.Collections.Generic;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Cache.Policies;
using Winnow.Cli.Terminal;
using Winnow.Engine;
using Winnow.Formats.Templates;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow chat</c>: a conversation, line by line, from a terminal or a pipe.</summary>
internal sealed class ChatCommand
{
    private readonly CliHost _host;
    private readonly LoadOptions _load = new();
    private readonly SamplingOptions _sampling = new();
    private readonly KvPolicyOptions _policy = new();
    private readonly Option<string?> _system = new("--system") { Description = "What the model is told before the conversation.", HelpName = "text" };
    private readonly List<ChatTemplateMessage> _messages = [];

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

        Reset(parsed);
        bool people = _host.InputIsTerminal && _host.OutputIsTerminal;
        if (people)
        {
            _host.Error.WriteLine($"{engine.ModelName}: /reset starts anew, /exit ends.");
        }

        while (await ReadAsync(people, cancellationToken).ConfigureAwait(false) is { } line and not "/exit")
        {
            if (line == "/reset")
            {
                Reset(parsed);
            }
            else if (line.Length > 0)
            {
                await AnswerAsync(engine, line, options, parsed.GetValue(CommonOptions.Json), cancellationToken).ConfigureAwait(false);
            }
        }

        return ExitCodes.Success;
    }

    private void Reset(ParseResult parsed)
    {
        _messages.Clear();
        if (parsed.GetValue(_system) is { } system)
        {
            _messages.Add(new ChatTemplateMessage("system", system));
        }
    }

    private async Task<string?> ReadAsync(bool people, CancellationToken cancellationToken)
    {
        if (people)
        {
            _host.Error.Write("> ");
        }

        return await _host.ReadLineAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task AnswerAsync(WinnowEngine engine, string line, GenerationOptions options, bool json, CancellationToken cancellationToken)
    {
        _messages.Add(new ChatTemplateMessage("user", line));
        GenerationView view = json ? new JsonGenerationView(_host.Output) : new TextGenerationView(_host, raw: false);
        string answer = await view.ShowAsync("", engine.GenerateAsync(_messages, options, cancellationToken)).ConfigureAwait(false);
        _messages.Add(new ChatTemplateMessage("assistant", answer));
    }
}
