using System;
using System.Runtime.CompilerServices;

namespace Winnow.Formats.Templates;

/// <summary>
/// The state of one rendering that everything below the evaluator shares: where it is, and how much it may still do. A
/// template is untrusted input, so steps, nesting and produced characters are bounded, in proportion to the conversation.
/// </summary>
internal sealed class TemplateRun
{
    /// <summary>Steps that a template may take whatever its input.</summary>
    public const long BaseSteps = 500_000;

    /// <summary>Further steps per JSON value of the conversation.</summary>
    public const long StepsPerValue = 2_000;

    /// <summary>Characters that a template may produce, intermediate texts included, whatever its input.</summary>
    public const long BaseCharacters = 4_000_000;

    /// <summary>Further characters per character of the conversation.</summary>
    public const long CharactersPerCharacter = 64;

    /// <summary>Elements of one <c>range</c>, the limit that Jinja2's sandbox sets.</summary>
    public const int MaxRange = 100_000;

    private const int MaxDepth = 600;
    private const int ScannedCharactersPerStep = 64;
    private readonly string? _name;
    private long _steps;
    private long _characters;
    private int _depth;

    public TemplateRun(string? name, DateTimeOffset? now)
    {
        _name = name;
        Now = now;
        _steps = BaseSteps;
        _characters = BaseCharacters;
        Comparer = new TemplateComparer(this);
    }

    /// <summary>The injected time, or null for the clock.</summary>
    public DateTimeOffset? Now { get; }

    /// <summary>Python's equality and hashes, charged to this run.</summary>
    public TemplateComparer Comparer { get; }

    /// <summary>The line being evaluated, from 1.</summary>
    public int Line { get; set; } = 1;

    /// <summary>Widens the limits for one value of the conversation.</summary>
    public void Allow(int characters)
    {
        _steps += StepsPerValue + characters;
        _characters += characters * CharactersPerCharacter;
    }

    /// <summary>Charges work.</summary>
    public void Step(long count = 1)
    {
        _steps -= count;
        if (_steps < 0)
        {
            throw Limit("takes too many steps for this conversation");
        }
    }

    /// <summary>Charges the reading of a text that makes no new one.</summary>
    public void Scan(long characters) => Step(1 + characters / ScannedCharactersPerStep);

    /// <summary>Charges the search for a part in a text, which at worst compares the part at every position.</summary>
    public void Search(string text, string part) => Scan(text.Length * (1 + part.Length / 16L));

    /// <summary>Charges arithmetic on numbers of this many bits.</summary>
    public void Count(long bits) => Step(bits * bits >> 14);

    /// <summary>Charges characters about to be produced; call it before allocating them.</summary>
    public void Grow(long characters)
    {
        _characters -= characters;
        if (_characters < 0)
        {
            throw Limit("produces too much text for this conversation");
        }
    }

    /// <summary>Goes one level deeper; pair it with <see cref="Leave"/>.</summary>
    public void Enter()
    {
        if (++_depth > MaxDepth)
        {
            throw Limit("nests or recurses too deep");
        }

        RuntimeHelpers.EnsureSufficientExecutionStack();
    }

    public void Leave() => _depth--;

    /// <summary>The conversation does not suit the template.</summary>
    public ChatTemplateException Fail(string message) =>
        new($"{_name ?? "chat template"}, line {Line}: {message}", Line);

    /// <summary>The template uses what Winnow does not know.</summary>
    public ModelFormatException Unsupported(string what) =>
        new($"line {Line}: {what} is not supported; use another template for this model", _name, key: "chat_template");

    /// <summary>The template is refused because it does too much.</summary>
    public ModelFormatException Limit(string what) =>
        new($"line {Line}: the template {what}; it is damaged or hostile, use another one", _name, key: "chat_template");
}
