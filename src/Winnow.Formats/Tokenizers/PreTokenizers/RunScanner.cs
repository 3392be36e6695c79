using System;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>A run of scalars of one class, <c>X{minimum,maximum}</c>, after an optional lead.</summary>
internal sealed class RunScanner : Scanner
{
    private readonly Func<int, bool> _isMember;
    private readonly int _minimum;
    private readonly int _maximum;
    private readonly Func<int, bool>? _mayLead;

    public RunScanner(Func<int, bool> isMember, int minimum = 1, int maximum = int.MaxValue, Func<int, bool>? mayLead = null)
    {
        _isMember = isMember;
        _minimum = minimum;
        _maximum = maximum;
        _mayLead = mayLead;
    }

    public override int Match(ReadOnlySpan<char> text, int start)
    {
        int scalar = ScanText.At(text, start, out int length);
        if (_mayLead is not null && scalar >= 0 && _mayLead(scalar))
        {
            int end = MatchRun(text, start + length);
            if (end > start + length)
            {
                return end - start;
            }
        }

        return MatchRun(text, start) - start;
    }

    private int MatchRun(ReadOnlySpan<char> text, int start)
    {
        int end = start;
        for (int count = 0; count < _maximum; count++)
        {
            int scalar = ScanText.At(text, end, out int length);
            if (scalar < 0 || !_isMember(scalar))
            {
                return count < _minimum ? start : end;
            }

            end += length;
        }

        return end;
    }
}
