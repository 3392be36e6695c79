using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Winnow.Formats.Templates;

/// <summary>Writes JSON character for character as Python's json.dumps does, which is what models were trained on.</summary>
internal sealed class PythonJson
{
    private readonly TemplateRun _run;
    private readonly TextBuilder _builder;

    public PythonJson(TemplateRun run)
    {
        _run = run;
        _builder = new TextBuilder(run);
    }

    /// <summary>What one level is indented by, or null for one line.</summary>
    public TextValue? Indent { get; init; }

    public TextValue ItemSeparator { get; init; } = new(", ", isMessage: false);

    public TextValue KeySeparator { get; init; } = new(": ", isMessage: false);

    public bool SortKeys { get; init; }

    public bool EnsureAscii { get; init; }

    public TextValue Write(TemplateValue value)
    {
        WriteValue(value, 0);
        return _builder.ToValue();
    }

    private void WriteValue(TemplateValue value, int level)
    {
        _run.Step();
        _run.Count(value is IntValue number ? number.Value.GetBitLength() : 0);
        _run.Enter();
        switch (value)
        {
            case TextValue text: _builder.Append(Quote(text.Text), text.IsMessage); break;
            case ListValue { Kind: ListKind.List or ListKind.Tuple } list: WriteList(list, level); break;
            case DictValue dict: WriteDict(dict, level); break;
            case NoneValue or BoolValue or IntValue or FloatValue: _builder.Append(Scalar(value)); break;
            default: throw _run.Fail($"a value of type {value.TypeName} cannot be written as JSON");
        }

        _run.Leave();
    }

    private static string Scalar(TemplateValue value) => value switch
    {
        BoolValue boolean => boolean.Value ? "true" : "false",
        IntValue number => number.Value.ToString(CultureInfo.InvariantCulture),
        FloatValue number => double.IsNaN(number.Value) ? "NaN"
            : double.IsInfinity(number.Value) ? (number.Value > 0 ? "Infinity" : "-Infinity")
            : PythonNumber.Repr(number.Value),
        _ => "null",
    };

    private void WriteList(ListValue list, int level)
    {
        if (list.Items.Count == 0)
        {
            _builder.Append("[]");
            return;
        }

        _builder.Append('[');
        for (int i = 0; i < list.Items.Count; i++)
        {
            StartItem(i, level + 1);
            WriteValue(list.Items[i], level + 1);
        }

        EndItems(level, ']');
    }

    private void WriteDict(DictValue dict, int level)
    {
        if (dict.Items.Count == 0)
        {
            _builder.Append("{}");
            return;
        }

        _builder.Append('{');
        int index = 0;
        foreach (KeyValuePair<TemplateValue, TemplateValue> item in Ordered(dict))
        {
            StartItem(index++, level + 1);
            (string key, bool isMessage) = item.Key switch
            {
                TextValue text => (text.Text, text.IsMessage),
                NoneValue or BoolValue or IntValue or FloatValue => (Scalar(item.Key), false),
                _ => throw _run.Fail($"a key of type {item.Key.TypeName} cannot be written as JSON"),
            };
            _builder.Append(Quote(key), isMessage);
            _builder.Append(KeySeparator);
            WriteValue(item.Value, level + 1);
        }

        EndItems(level, '}');
    }

    private IEnumerable<KeyValuePair<TemplateValue, TemplateValue>> Ordered(DictValue dict) => SortKeys
        ? dict.Items.OrderBy(item => item.Key, Comparer<TemplateValue>.Create((a, b) => TemplateOperators.Order(_run, a, b, "<")))
        : dict.Items;

    private void StartItem(int index, int level)
    {
        if (index > 0)
        {
            _builder.Append(ItemSeparator);
        }

        NewLine(level);
    }

    private void EndItems(int level, char close)
    {
        NewLine(level);
        _builder.Append(close);
    }

    private void NewLine(int level)
    {
        if (Indent is null)
        {
            return;
        }

        _builder.Append('\n');
        for (int i = 0; i < level; i++)
        {
            _builder.Append(Indent);
        }
    }

    private string Quote(string text)
    {
        _run.Scan(text.Length * 4L);
        var result = new StringBuilder(text.Length + 2).Append('"');
        foreach (char character in text)
        {
            switch (character)
            {
                case '"': result.Append("\\\""); break;
                case '\\': result.Append("\\\\"); break;
                case '\n': result.Append("\\n"); break;
                case '\r': result.Append("\\r"); break;
                case '\t': result.Append("\\t"); break;
                case '\b': result.Append("\\b"); break;
                case '\f': result.Append("\\f"); break;
                case < ' ':
                case > '~' when EnsureAscii:
                    result.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
                    break;
                default: result.Append(character); break;
            }
        }

        return result.Append('"').ToString();
    }
}
