using System.Runtime.CompilerServices;

namespace Winnow.Kernels;

/// <summary>The text of a broken rule, put together only where the rule is broken.</summary>
[InterpolatedStringHandler]
internal ref struct RuleText
{
    private DefaultInterpolatedStringHandler _text;

    /// <param name="literalLength">Set by the compiler.</param>
    /// <param name="formattedCount">Set by the compiler.</param>
    /// <param name="holds">The rule.</param>
    /// <param name="broken">Whether the text is wanted.</param>
    public RuleText(int literalLength, int formattedCount, bool holds, out bool broken)
    {
        broken = !holds;
        _text = broken ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public string Take() => _text.ToStringAndClear();
}
