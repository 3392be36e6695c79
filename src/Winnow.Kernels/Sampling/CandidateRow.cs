using System;

namespace Winnow.Kernels.Sampling;

/// <summary>
/// The tokens that are still in the running and their scores, by ascending token. Starts as a view of the logits and
/// moves into scratch memory
/// with the first change, so the caller's row is never written.
/// </summary>
internal ref struct CandidateRow
{
    private readonly SamplingScratch _scratch;
    private ReadOnlySpan<float> _values;
    private bool _dense;
    private bool _owned;

    public CandidateRow(ReadOnlySpan<float> logits, SamplingScratch scratch)
    {
        _scratch = scratch;
        _values = logits;
        _dense = true;
        Vocab = logits.Length;
    }

    /// <summary>How many tokens the vocabulary has.</summary>
    public int Vocab { get; }

    /// <summary>How many candidates there are.</summary>
    public readonly int Count => _values.Length;

    /// <summary>Whether all tokens are candidates, so that index and token are the same.</summary>
    public readonly bool IsDense => _dense;

    /// <summary>The scores.</summary>
    public readonly ReadOnlySpan<float> Values => _values;

    /// <summary>The memory behind it.</summary>
    public readonly SamplingScratch Scratch => _scratch;

    /// <summary>The token of a candidate.</summary>
    public readonly int Token(int index) => _dense ? index : _scratch.Ids[index];

    /// <summary>The index of a token among the candidates, or a negative number.</summary>
    public readonly int Find(int token)
    {
        if (_dense)
        {
            return (uint)token < (uint)_values.Length ? token : -1;
        }

        return _scratch.Ids.AsSpan(0, _values.Length).BinarySearch(token);
    }

    /// <summary>Changes one score.</summary>
    public void Set(int index, float value) => Own()[index] = value;

    /// <summary>Divides all scores.</summary>
    public void Divide(float divisor)
    {
        // Where the quotient would overflow the largest score moves to 0 first; the distribution is the same.
        float maximum = Maximum();
        float shift = MathF.Abs(maximum) / divisor < float.MaxValue ? 0 : maximum;
        Span<float> target = _scratch.Values.AsSpan(0, Count);
        RowMath.Scale(_values, shift, divisor, target);
        _values = target;
        _owned = true;
    }

    /// <summary>The largest score.</summary>
    public readonly float Maximum()
    {
        float maximum = RowMath.Maximum(_values);
        if (!float.IsFinite(maximum))
        {
            (float.IsNegativeInfinity(maximum) ? SamplingStatus.AllBanned : SamplingStatus.Overflow).Check();
        }

        return maximum;
    }

    /// <summary>Keeps the candidates at or above a score; negative infinity never stays.</summary>
    public void KeepAtLeast(double score)
    {
        ReadOnlySpan<int> ids = _dense ? [] : _scratch.Ids.AsSpan(0, Count);
        int count = RowMath.KeepAtLeast(_values, ids, 0, Threshold(score), _scratch.Values, _scratch.Ids);
        Shrink(count);
    }

    /// <summary>Keeps a candidate and those before it in an order.</summary>
    public void KeepUpTo<TOrder>(int last, TOrder order)
        where TOrder : struct, ICandidateOrder, allows ref struct
    {
        int count = 0;
        for (int i = 0; i < _values.Length; i++)
        {
            bool keep = i == last || order.Before(i, last);
            _scratch.Order[i] = keep ? 1 : 0;
            count += keep ? 1 : 0;
        }

        KeepMarked();
    }

    /// <summary>Keeps the candidates whose entry in the order array of the scratch is not zero.</summary>
    public void KeepMarked()
    {
        Span<float> values = _scratch.Values;
        int count = 0;
        for (int i = 0; i < _values.Length; i++)
        {
            if (_scratch.Order[i] != 0)
            {
                values[count] = _values[i];
                _scratch.Ids[count++] = Token(i);
            }
        }

        Shrink(count);
    }

    /// <summary>Says that the first entries of the scratch are now the candidates.</summary>
    public void Shrink(int count)
    {
        _values = _scratch.Values.AsSpan(0, count);
        _dense = false;
        _owned = true;
    }

    /// <summary>The smallest finite float that is not below a number, so that comparing floats with it is
    /// exact.</summary>
    public static float Threshold(double score)
    {
        float nearest = (float)Math.Clamp(score, -float.MaxValue, float.MaxValue);
        return nearest < score && nearest < float.MaxValue ? MathF.BitIncrement(nearest) : nearest;
    }

    private Span<float> Own()
    {
        Span<float> values = _scratch.Values.AsSpan(0, Count);
        if (!_owned)
        {
            _values.CopyTo(values);
            _values = values;
            _owned = true;
        }

        return values;
    }
}
