using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Attention;

/// <summary>The pages of keys and of values that are wanted next, or nulls; they are fetched from memory while others are worked on.</summary>
internal readonly unsafe struct PagesAhead(byte* keys, byte* values)
{
    private const int Line = 64;

    // Fetching everything at once would fill the few buffers that the processor has for it, and loads would wait behind.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fetch(nint offset, int bytes)
    {
        if (!Sse.IsSupported || keys == null)
        {
            return;
        }

        for (nint line = offset; line < offset + bytes; line += Line)
        {
            Sse.Prefetch1(keys + line);
            Sse.Prefetch1(values + line);
        }
    }
}
