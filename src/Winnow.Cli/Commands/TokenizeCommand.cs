using System;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Cli.Terminal;
using Winnow.Formats.Tokenizers;
using Winnow.Models;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow tokenize</c>: text to tokens, and back.</summary>
internal sealed class TokenizeCommand
{
    private static readonly char[] Separators = [' ', ',', '\t', '\r', '\n', '[', ']'];

    private readonly CliHost _host;
    private readonly ModelOption _model = new();
    private readonly Argument<string> _text = new("text") { Description = "The text; - reads it from the standard input.", DefaultValueFactory = _ => "-" };
    private readonly Option<bool> _decode = new("--decode") { Description = "The text is a list of token ids: write the text they stand for." };
    private readonly Option<bool> _noSpecial = new("--no-special") { Description = "Do not add the tokens that the model expects around a text." };
    private readonly Option<bool> _parseSpecial = new("--parse-special") { Description = "Special tokens spelled out in the text become those tokens." };

    private TokenizeCommand(CliHost host) => _host = host;

    public static Command Create(CliHost host)
    {
        TokenizeCommand self = new(host);
        Command command = new("tokenize", "Show the tokens of a text.") { self._text, self._decode, self._noSpecial, self._parseSpecial };
        self._model.AddTo(command);
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string text = parsed.GetValue(_text) is { } given and not "-"
            ? given
            : TextInput.WithoutFinalLineBreak(await _host.ReadToEndAsync(cancellationToken).ConfigureAwait(false));
        using ModelFiles model = ModelFiles.Open(_model.PathOf(parsed));
        bool json = parsed.GetValue(CommonOptions.Json);
        if (parsed.GetValue(_decode))
        {
            WriteText(model.Tokenizer, ParseIds(text, model.Tokenizer.VocabularySize), json);
        }
        else
        {
            int[] ids = model.Tokenizer.Encode(text, !parsed.GetValue(_noSpecial), parsed.GetValue(_parseSpecial));
            WriteTokens(model.Tokenizer, ids, json);
        }

        return ExitCodes.Success;
    }

    private static int[] ParseIds(string text, int vocabulary) =>
    [
        .. text.Split(Separators, StringSplitOptions.RemoveEmptyEntries).Select(part =>
            int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int id) && id < vocabulary
                ? id
                : throw new UsageException($"'{part}' is not a token of this model: ids are whole numbers from 0 to {vocabulary - 1}.")),
    ];

    private void WriteText(Tokenizer tokenizer, int[] ids, bool asJson)
    {
        string text = tokenizer.Decode(ids, skipSpecial: false);
        if (asJson)
        {
            JsonLine.Write(_host.Output, json => json.WriteString("text", text));
        }
        else
        {
            _host.Output.WriteLine(text);
        }
    }

    private void WriteTokens(Tokenizer tokenizer, int[] ids, bool asJson)
    {
        if (asJson)
        {
            JsonLine.Write(_host.Output, json =>
            {
                json.WriteStartArray("tokens");
                Array.ForEach(ids, json.WriteNumberValue);
                json.WriteEndArray();
                json.WriteStartArray("pieces");
                Array.ForEach(ids, id => json.WriteStringValue(tokenizer.TokenText(id)));
                json.WriteEndArray();
            });
            return;
        }

        TextTable table = new("#token", "piece");
        foreach (int id in ids)
        {
            table.Add(Quantities.Number(id), VisibleText.Of(tokenizer.TokenText(id)));
        }

        table.Write(_host);
    }
}
