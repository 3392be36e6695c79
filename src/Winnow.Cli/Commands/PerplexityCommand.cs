using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Cli.Terminal;
using Winnow.Engine;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow perplexity</c>: how well a model predicts a text.</summary>
internal sealed class PerplexityCommand
{
    private readonly CliHost _host;
    private readonly LoadOptions _load = new();
    private readonly Argument<string> _file = new("file") { Description = "A text file; - reads the standard input.", DefaultValueFactory = _ => "-" };
    private readonly Option<int?> _window = SettingOption.Count("--window", "Tokens in a window; windows do not overlap. Default: the context.", 2);
    private readonly Option<int?> _maxWindows = SettingOption.Count("--max-windows", "Stop after this many windows.", 1);

    private PerplexityCommand(CliHost host) => _host = host;

    public static Command Create(CliHost host)
    {
        PerplexityCommand self = new(host);
        Command command = new("perplexity", "Measure how well a model predicts a text.") { self._file, self._window, self._maxWindows };
        self._load.AddTo(command);
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string text = await TextInput.ReadAsync(parsed.GetValue(_file)!, _host, cancellationToken).ConfigureAwait(false);
        PerplexityOptions options = new() { WindowTokens = parsed.GetValue(_window), MaxWindows = parsed.GetValue(_maxWindows) };
        await using WinnowEngine engine = await _load.LoadAsync(parsed, _host, 1, cancellationToken).ConfigureAwait(false);
        PerplexityResult result = await engine.PerplexityAsync(text, options, cancellationToken).ConfigureAwait(false);
        if (parsed.GetValue(CommonOptions.Json))
        {
            JsonLine.Write(_host.Output, json =>
            {
                json.WriteNumber("perplexity", result.Perplexity);
                json.WriteNumber("mean_negative_log_likelihood", result.MeanNegativeLogLikelihood);
                json.WriteNumber("tokens", result.Tokens);
            });
        }
        else
        {
            _host.Output.WriteLine(
                $"perplexity {Quantities.Number(result.Perplexity, "0.0000")} over {result.Tokens} predicted tokens "
                + $"({Quantities.Number(result.MeanNegativeLogLikelihood, "0.0000")} nats a token)");
        }

        return ExitCodes.Success;
    }
}
