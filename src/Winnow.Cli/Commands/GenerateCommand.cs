using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Cache.Policies;
using Winnow.Cli.Terminal;
using Winnow.Engine;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow generate</c>: continues a text.</summary>
internal sealed class GenerateCommand
{
    private const string DemoPrompt = "Once upon a time";
    private const float DemoTemperature = 0.8f;
    private const ulong DemoSeed = 28;

    private readonly CliHost _host;
    private readonly LoadOptions _load = new();
    private readonly SamplingOptions _sampling = new();
    private readonly KvPolicyOptions _policy = new();

    private readonly Option<string?> _prompt = new("--prompt", "-p")
    {
        Description = $"The text to continue; - reads it from the standard input. Default with the model that ships with winnow: \"{DemoPrompt}\".",
        HelpName = "text",
    };

    private readonly Option<bool> _raw = new("--raw") { Description = "Write the text and nothing else: no closing line, no final line break." };

    private readonly Option<bool> _parseSpecial = new("--parse-special")
    {
        Description = "Special tokens spelled out in the prompt become those tokens.",
    };

    private GenerateCommand(CliHost host) => _host = host;

    public static Command Create(CliHost host)
    {
        GenerateCommand self = new(host);
        Command command = new("generate", "Continue a text.") { self._prompt, self._raw, self._parseSpecial };
        self._load.AddTo(command);
        self._sampling.AddTo(command);
        self._policy.AddTo(command);
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        bool raw = parsed.GetValue(_raw);
        bool json = parsed.GetValue(CommonOptions.Json);
        if (raw && json)
        {
            throw new UsageException("--raw and --json exclude each other.");
        }

        string prompt = await ReadPromptAsync(parsed, cancellationToken).ConfigureAwait(false);
        GenerationOptions options = ReadOptions(parsed);
        CachePolicy? policy = _policy.Read(parsed);
        await using WinnowEngine engine = await _load.LoadAsync(parsed, _host, 1, cancellationToken, policy).ConfigureAwait(false);
        GenerationView view = json ? new JsonGenerationView(_host.Output) : new TextGenerationView(_host, raw);
        await view.ShowAsync(prompt, engine.GenerateAsync(prompt, options, cancellationToken)).ConfigureAwait(false);

        return ExitCodes.Success;
    }

    private async Task<string> ReadPromptAsync(ParseResult parsed, CancellationToken cancellationToken) => parsed.GetValue(_prompt) switch
    {
        "-" => TextInput.WithoutFinalLineBreak(await _host.ReadToEndAsync(cancellationToken).ConfigureAwait(false)),
        { } prompt => prompt,
        null when _load.Model.IsBundled(parsed) => DemoPrompt,
        null => throw new UsageException("--prompt is missing; --prompt - reads it from the standard input."),
    };

    private GenerationOptions ReadOptions(ParseResult parsed)
    {
        GenerationOptions options = _sampling.Read(parsed) with { ParseSpecial = parsed.GetValue(_parseSpecial) ? true : null };
        return _load.Model.IsBundled(parsed)
            ? options with { Temperature = options.Temperature ?? DemoTemperature, Seed = options.Seed ?? DemoSeed }
            : options;
    }
}
