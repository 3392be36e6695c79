using System;
using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.Models;

/// <summary>Finds all plain tokens that a text begins with, one byte at a time: the sorted tokens, narrowed by binary search.</summary>
internal sealed class TokenPrefixIndex
{
    private readonly byte[][] _tokens;
    private readonly int[] _ids;

    public TokenPrefixIndex(Vocabulary vocabulary)
    {
        var tokens = new List<byte[]>();
        var ids = new List<int>();
        for (int id = 0; id < vocabulary.Size; id++)
        {
            byte[] token = vocabulary.Bytes(id);
            if (token.Length > 0 && vocabulary.TryGetPlainId(token, out int plain) && plain == id)
            {
                tokens.Add(token);
                ids.Add(id);
            }
        }

        _tokens = tokens.ToArray();
        _ids = ids.ToArray();
        Array.Sort(_tokens, _ids, Comparer<byte[]>.Create((x, y) => x.AsSpan().SequenceCompareTo(y)));
    }

    /// <summary>The tokens that share a prefix: a range of the sorted list, and the prefix' length.</summary>
    public struct Cursor
    {
        public int Low;
        public int High;
        public int Depth;
    }

    /// <summary>The empty prefix, which all tokens share.</summary>
    public Cursor Start() => new() { High = _tokens.Length };

    /// <summary>Extends the prefix by a byte; false where no token begins so.</summary>
    public bool Advance(ref Cursor cursor, byte value)
    {
        cursor.Low = LowerBound(cursor, value);
        cursor.High = LowerBound(cursor, value + 1);
        cursor.Depth++;
        return cursor.Low < cursor.High;
    }

    /// <summary>The id of the token that is exactly the prefix, or -1; it sorts before its extensions.</summary>
    public int IdAt(in Cursor cursor) => _tokens[cursor.Low].Length == cursor.Depth ? _ids[cursor.Low] : -1;

    // The first token in range whose byte at the depth is at least the value; tokens that end before sort first.
    private int LowerBound(in Cursor cursor, int value)
    {
        int low = cursor.Low;
        int high = cursor.High;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            byte[] token = _tokens[middle];
            if (token.Length <= cursor.Depth || token[cursor.Depth] < value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
