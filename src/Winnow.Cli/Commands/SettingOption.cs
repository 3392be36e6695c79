using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Winnow.Cli.Commands;

/// <summary>Makes options for numbers with a range, so that what is no number or outside the range is a wrong command line.</summary>
internal static class SettingOption
{
    public static Option<float?> Number(string name, string description, float minimum, float maximum = float.MaxValue) =>
        Create(name, description, "number", minimum, maximum);

    public static Option<int?> Count(string name, string description, int minimum, int maximum = int.MaxValue) =>
        Create(name, description, "count", minimum, maximum);

    public static Option<ulong?> Whole(string name, string description) =>
        Create(name, description, "number", ulong.MinValue, ulong.MaxValue);

    private static Option<T?> Create<T>(string name, string description, string kind, T minimum, T maximum)
        where T : struct, INumber<T>, IMinMaxValue<T> => new(name)
        {
            Description = description,
            HelpName = kind,
            CustomParser = result => Parse(result, name, minimum, maximum),
        };

    private static T? Parse<T>(ArgumentResult result, string name, T minimum, T maximum)
        where T : struct, INumber<T>, IMinMaxValue<T>
    {
        string text = result.Tokens[0].Value;
        if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out T value) && value >= minimum && value <= maximum)
        {
            return value;
        }

        result.AddError($"{name} must be {RuleFor(text, minimum, maximum)}, not '{text}'.");
        return null;
    }

    // What is too large for the type is told that, and not that it is no number.
    private static string RuleFor<T>(string text, T minimum, T maximum)
        where T : struct, INumber<T>, IMinMaxValue<T>
    {
        bool isTooLarge = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= double.CreateSaturating(maximum);
        return (minimum == T.MinValue, maximum == T.MaxValue) switch
        {
            (_, true) when isTooLarge => $"at most {maximum}",
            (true, true) => T.MinValue < T.Zero ? "a number" : "a whole number, 0 or more",
            (_, true) => $"at least {minimum}",
            _ => $"between {minimum} and {maximum}",
        };
    }
}
