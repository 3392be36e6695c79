using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Cli.Terminal;
using Winnow.Engine;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow embed</c>: one vector for each text.</summary>
internal sealed class EmbedCommand
{
    private readonly CliHost _host;
    private readonly LoadOptions _load = new();

    private readonly Argument<string[]> _texts = new("text")
    {
        Description = "The texts. Default: the lines of the standard input.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<EmbeddingPooling?> _pooling = new("--pooling")
    {
        Description = "How the rows of a text become one vector: mean, last or cls, which is the first. Default: mean.",
        HelpName = "pooling",
        CustomParser = result => ParsePooling(result),
    };

    private readonly Option<bool> _noNormalize = new("--no-normalize") { Description = "Do not scale the vectors to length 1." };

    private EmbedCommand(CliHost host) => _host = host;

    public static Command Create(CliHost host)
    {
        EmbedCommand self = new(host);
        Command command = new("embed", "Write a vector for each text: numbers separated by spaces, one text a line.")
        {
            self._texts, self._pooling, self._noNormalize,
        };
        self._load.AddTo(command);
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string[] texts = parsed.GetValue(_texts) is { Length: > 0 } given
            ? given
            : [.. await ReadLinesAsync(cancellationToken).ConfigureAwait(false)];
        EmbeddingOptions options = new()
        {
            Pooling = parsed.GetValue(_pooling),
            Normalize = parsed.GetValue(_noNormalize) ? false : null,
        };
        await using WinnowEngine engine = await _load.LoadAsync(parsed, _host, Math.Clamp(texts.Length, 1, 16), cancellationToken).ConfigureAwait(false);
        float[][] vectors = await engine.EmbedAsync(texts, options, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < texts.Length; i++)
        {
            Write(texts[i], vectors[i], parsed.GetValue(CommonOptions.Json));
        }

        return ExitCodes.Success;
    }

    private static EmbeddingPooling? ParsePooling(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        foreach (EmbeddingPooling pooling in Enum.GetValues<EmbeddingPooling>())
        {
            if (text.Equals(pooling.ToString(), StringComparison.OrdinalIgnoreCase))
            {
                return pooling;
            }
        }

        result.AddError($"--pooling must be mean, last or cls, not '{text}'.");
        return null;
    }

    private async Task<List<string>> ReadLinesAsync(CancellationToken cancellationToken)
    {
        List<string> lines = [];
        while (await _host.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            lines.Add(line);
        }

        return lines.Count > 0 ? lines : throw new UsageException("there is no text: give it as an argument or on the standard input.");
    }

    private void Write(string text, float[] vector, bool asJson)
    {
        if (!asJson)
        {
            _host.Output.WriteLine(string.Join(' ', vector.Select(value => value.ToString("R", CultureInfo.InvariantCulture))));
            return;
        }

        JsonLine.Write(_host.Output, json =>
        {
            json.WriteString("text", text);
            json.WriteStartArray("embedding");
            Array.ForEach(vector, json.WriteNumberValue);
            json.WriteEndArray();
        });
    }
}
