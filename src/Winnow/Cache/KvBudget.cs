using System;
using System.Globalization;

namespace Winnow.Cache;

/// <summary>
/// How much of a sequence a cache keeps: slots of each head, a share of its tokens, or bytes of pages. What a policy protects stays in any
/// case, also where a share of few tokens would be less.
/// </summary>
public readonly record struct KvBudget
{
    private enum Unit
    {
        Everything,
        Slots,
        Ratio,
        Bytes,
    }

    private readonly Unit _unit;
    private readonly double _amount;

    private KvBudget(Unit unit, double amount) => (_unit, _amount) = (unit, amount);

    /// <summary>No limit; also what <c>default</c> is.</summary>
    public static KvBudget Everything => default;

    /// <summary>True where there is no limit.</summary>
    public bool IsEverything => _unit == Unit.Everything;

    /// <summary>True where the slots of a head never exceed a number, however long the sequence gets.</summary>
    public bool IsBounded => _unit is Unit.Slots or Unit.Bytes;

    /// <summary>True where it is a number of slots.</summary>
    internal bool IsSlots => _unit == Unit.Slots;

    /// <summary>The share of the tokens; 0 where it is something else.</summary>
    internal double Share => _unit == Unit.Ratio ? _amount : 0;

    /// <summary>So many slots of each KV head of each layer, on average over layers and heads.</summary>
    /// <param name="slots">At least 1.</param>
    public static KvBudget Slots(int slots)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        return new KvBudget(Unit.Slots, slots);
    }

    /// <summary>A share of the tokens that the sequence has at the moment.</summary>
    /// <param name="kept">What is kept, above 0 and up to 1.</param>
    public static KvBudget Ratio(double kept)
    {
        if (!(kept is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(kept), kept, "The share kept is above 0 and at most 1.");
        }

        return new KvBudget(Unit.Ratio, kept);
    }

    /// <summary>Bytes of pages for a whole sequence, over all layers and heads.</summary>
    /// <param name="bytes">At least 1.</param>
    public static KvBudget Bytes(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        return new KvBudget(Unit.Bytes, bytes);
    }

    /// <summary>
    /// Reads a budget: <c>256</c> slots, <c>0.25</c> of the tokens, <c>64MiB</c> (KiB, MiB, GiB), or <c>all</c>. <c>1</c> is the share, and so all
    /// tokens: nobody keeps a single slot.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static KvBudget Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text.Trim()) ?? throw new FormatException(
            $"'{text}' is no budget: give slots of a head (256), the share that is kept (0.25), bytes for a sequence (64MiB), or all.");
    }

    /// <summary>The slots of a head, on average, that the budget allows.</summary>
    /// <param name="tokens">Tokens of the sequence.</param>
    /// <param name="heads">Heads over all layers.</param>
    /// <param name="pageBytes">Bytes of a page.</param>
    /// <returns>At least 1 where the budget allows any; the tokens themselves without a limit.</returns>
    public int SlotsFor(int tokens, int heads, long pageBytes) => _unit switch
    {
        Unit.Slots => (int)_amount,
        Unit.Ratio => Math.Max(1, (int)Math.Round(_amount * tokens, MidpointRounding.AwayFromZero)),
        Unit.Bytes => (int)Math.Min(int.MaxValue / 2, (long)_amount / (heads * pageBytes) * Kernels.Cache.PagedKv.PageSlots),
        _ => int.MaxValue / 2,
    };

    /// <inheritdoc/>
    public override string ToString() => _unit switch
    {
        Unit.Slots => _amount.ToString(CultureInfo.InvariantCulture),
        Unit.Ratio => _amount == 1 ? "1.0" : _amount.ToString(CultureInfo.InvariantCulture),
        Unit.Bytes => (_amount / (1 << 20)).ToString("0.###", CultureInfo.InvariantCulture) + "MiB",
        _ => "all",
    };

    private static KvBudget? TryParse(string text)
    {
        if (text.Equals("all", StringComparison.OrdinalIgnoreCase))
        {
            return Everything;
        }

        foreach ((string suffix, double factor) in ((string, double)[])[("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)])
        {
            if (text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                return Number(text[..^suffix.Length]) is double size && size * factor is >= 1 and < long.MaxValue ? Bytes((long)(size * factor)) : null;
            }
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int slots) && slots != 1)
        {
            return slots > 0 ? Slots(slots) : null;
        }

        return Number(text) is double kept and > 0 and <= 1 ? Ratio(kept) : null;
    }

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) ? number : null;
}
