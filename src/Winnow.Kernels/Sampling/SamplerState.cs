using System;

namespace Winnow.Kernels.Sampling;

/// <summary>
/// What sampling remembers about one sequence: its tokens (prompt and generated) and, for every token, the mirostat
/// bound after it. Everything
/// else (counts, repetitions) is derived from those, so rolling back and forking are exact. Not safe for use by two
/// threads at once.
/// </summary>
public sealed class SamplerState
{
    private int[] _tokens;
    private float[] _mus = [];
    private int _count;
    private int _pendingToken = -1;
    private float _pendingMu;

    /// <summary>An empty state.</summary>
    /// <param name="capacityTokens">For how many tokens memory is set aside; past that it grows by doubling.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is negative.</exception>
    public SamplerState(int capacityTokens = 256)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacityTokens);
        _tokens = new int[capacityTokens];
    }

    /// <summary>How many tokens were accepted.</summary>
    public int Count => _count;

    /// <summary>The accepted tokens, oldest first; valid until the next change.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, _count);

    /// <summary>The bound on surprise that mirostat has reached, in bits; NaN before its first token.</summary>
    public float MirostatMu => _count == 0 || _mus.Length < _count ? float.NaN : _mus[_count - 1];

    /// <summary>Takes a token into the history. After a mirostat draw of the same token its bound moves; after any
    /// other token it stays.</summary>
    /// <param name="token">The token: 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The token is negative.</exception>
    public void Accept(int token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        EnsureCapacity(_count + 1);
        float mu = token == _pendingToken ? _pendingMu : MirostatMu;
        if (_pendingToken >= 0 && _mus.Length == 0)
        {
            _mus = new float[_tokens.Length];
            _mus.AsSpan().Fill(float.NaN);
        }

        _tokens[_count] = token;
        if (_mus.Length > 0)
        {
            _mus[_count] = mu;
        }

        _count++;
        _pendingToken = -1;
    }

    /// <summary>Takes several tokens into the history, such as a prompt.</summary>
    /// <param name="tokens">The tokens, oldest first: all 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A token is negative; none is taken.</exception>
    public void Accept(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(token, nameof(tokens));
        }

        EnsureCapacity(checked(_count + tokens.Length));
        foreach (int token in tokens)
        {
            Accept(token);
        }
    }

    /// <summary>Rolls back to the state after a number of tokens.</summary>
    /// <param name="count">How many of the oldest tokens stay: 0 to <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer tokens, or the count is negative.</exception>
    public void Truncate(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _count);
        _count = count;
        _pendingToken = -1;
    }

    /// <summary>Forgets everything but keeps the memory.</summary>
    public void Reset() => Truncate(0);

    /// <summary>An independent copy, for a fork of the sequence.</summary>
    /// <returns>The copy.</returns>
    public SamplerState Clone()
    {
        var copy = new SamplerState(_tokens.Length)
        {
            _count = _count,
            _pendingToken = _pendingToken,
            _pendingMu = _pendingMu,
        };
        Tokens.CopyTo(copy._tokens);
        copy._mus = [.. _mus];
        return copy;
    }

    /// <summary>For how many tokens there is memory.</summary>
    internal int Capacity => _tokens.Length;

    /// <summary>The last tokens; -1 for all.</summary>
    internal ReadOnlySpan<int> Last(int count) =>
        count < 0 || count >= _count ? Tokens : _tokens.AsSpan(_count - count, count);

    /// <summary>Notes where mirostat's bound goes if this token is accepted next.</summary>
    internal void Propose(int token, float mu)
    {
        _pendingToken = token;
        _pendingMu = mu;
    }

    private void EnsureCapacity(int count)
    {
        if (count <= _tokens.Length)
        {
            return;
        }

        int capacity = Math.Max(count, (int)Math.Min(Math.Max(16, 2L * _tokens.Length), Array.MaxLength));
        Array.Resize(ref _tokens, capacity);
        if (_mus.Length > 0)
        {
            int old = _mus.Length;
            Array.Resize(ref _mus, capacity);
            _mus.AsSpan(old).Fill(float.NaN);
        }
    }
}
