using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Winnow.Formats.Tokenizers.Normalizers;

/// <summary>The Unicode normalization forms (UAX 15), the same on every machine.</summary>
internal static class UnicodeForms
{
    private static readonly Lazy<BitArray>[] Matter = [.. Enumerable.Range(0, 4).Select(form => new Lazy<BitArray>(() => FindMatter((form & 1) != 0, (form & 2) != 0)))];

    public static TextNormalizer Create(NormalizationForm form) => new(text => Normalize(text, form));

    /// <summary>Brings a text to a form. Half surrogates stay as they are.</summary>
    public static string Normalize(string text, NormalizationForm form)
    {
        bool compatibility = form is NormalizationForm.FormKC or NormalizationForm.FormKD;
        bool composes = form is NormalizationForm.FormC or NormalizationForm.FormKC;
        if (IsNormal(text, compatibility, composes))
        {
            return text;
        }

        UnicodeTables tables = UnicodeTables.Instance;
        List<int> codes = new(text.Length + 16);
        for (int index = 0; index < text.Length; index++)
        {
            tables.Decompose(CodeAt(text, ref index), compatibility, codes);
        }

        Order(tables, codes);
        if (composes)
        {
            Compose(tables, codes);
        }

        StringBuilder result = new(codes.Count + 16);
        foreach (int code in codes)
        {
            _ = code < 0x10000 ? result.Append((char)code) : result.Append(char.ConvertFromUtf32(code));
        }

        return result.ToString();
    }

    /// <summary>Whether nothing in a text can change; most texts are told by this.</summary>
    private static bool IsNormal(string text, bool compatibility, bool composes)
    {
        // Below these every character is itself in every form of its kind.
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', compatibility || !composes ? '\u009F' : '\u02FF') < 0)
        {
            return true;
        }

        BitArray matter = Matter[(compatibility ? 1 : 0) + (composes ? 2 : 0)].Value;
        for (int index = 0; index < text.Length; index++)
        {
            int code = CodeAt(text, ref index);
            if (code < 0x10000 ? matter[code] : UnicodeTables.Instance.Matters(code, compatibility, composes))
            {
                return false;
            }
        }

        return true;
    }

    private static BitArray FindMatter(bool compatibility, bool composes)
    {
        BitArray matter = new(0x10000);
        for (int code = 0; code < matter.Count; code++)
        {
            matter[code] = UnicodeTables.Instance.Matters(code, compatibility, composes);
        }

        return matter;
    }

    private static int CodeAt(string text, ref int index)
    {
        if (index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1]))
        {
            index++;
            return char.ConvertToUtf32(text[index - 1], text[index]);
        }

        return text[index];
    }

    /// <summary>Sorts what combines with the same character by class; of one class the order stays.</summary>
    private static void Order(UnicodeTables tables, List<int> codes)
    {
        for (int start = 0; start < codes.Count; start++)
        {
            int end = start;
            while (end < codes.Count && tables.ClassOf(codes[end]) != 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                // By class and place in one number: a text of a million marks is sorted as fast as any other.
                int[] run = [.. codes[start..end]];
                long[] keys = [.. run.Select((code, place) => ((long)tables.ClassOf(code) << 32) + place)];
                Array.Sort(keys, run);
                for (int place = 0; place < run.Length; place++)
                {
                    codes[start + place] = run[place];
                }
            }

            start = end;
        }
    }

    private static void Compose(UnicodeTables tables, List<int> codes)
    {
        int kept = 0;
        int starter = -1;

        // The class of what was kept last behind the starter, which keeps what has no higher class from the starter.
        int last = -1;
        for (int index = 0; index < codes.Count; index++)
        {
            int code = codes[index];
            int combining = tables.ClassOf(code);
            if (starter >= 0 && last < combining && tables.TryCompose(codes[starter], code, out int composed))
            {
                codes[starter] = composed;
                continue;
            }

            (starter, last) = combining == 0 ? (kept, -1) : (starter, combining);
            codes[kept++] = code;
        }

        codes.RemoveRange(kept, codes.Count - kept);
    }
}
