using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>Transposes pages of keys, so that scores can be worked out for many slots at once.</summary>
internal static unsafe class KeyBlock
{
    private const int Slots = AttentionScratch.BlockSlots;

    /// <summary>Transposes a block's keys into the scratch's KeysTransposed; columns of slots that there are not hold zeros or leftovers.</summary>
    /// <param name="problem">The call.</param>
    /// <param name="scratch">Where to.</param>
    /// <param name="head">What is read.</param>
    /// <param name="entry">The block's first entry.</param>
    /// <param name="slots">How many entries it has, up to 32.</param>
    /// <param name="end">Where the entries end that are read after it; their pages are fetched from memory meanwhile.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Load(in AttentionProblem problem, in AttentionScratch scratch, in HeadSlots head, int entry, int slots, int end)
    {
        int headDim = problem.HeadDim;
        for (int page = 0; page * PagedKv.PageSlots < slots; page++)
        {
            int first = entry + (page * PagedKv.PageSlots);
            float* to = scratch.KeysTransposed + (page * PagedKv.PageSlots);
            if (head.List != null)
            {
                Gather(problem, scratch.Widened, problem.Keys, head, head.Pages, first, Math.Min(slots - (page * PagedKv.PageSlots), PagedKv.PageSlots));
                Transpose(DType.F32, to, (byte*)scratch.Widened, scratch.Widened, headDim, default);
                continue;
            }

            // The page of the next block; the last block of a split fetches nothing, as it does not know what comes after it.
            int next = first + Slots;
            PagesAhead ahead = next < end
                ? new(problem.Keys + (head.At(head.Pages, next) * problem.SlotBytes), problem.Values + (head.At(head.ValuePages, next) * problem.SlotBytes))
                : default;
            Transpose(problem.Type, to, problem.Keys + (head.At(head.Pages, first) * problem.SlotBytes), scratch.Widened, headDim, ahead);
        }

        if (slots <= PagedKv.PageSlots)
        {
            // What an earlier block left there would be multiplied, and subnormal leftovers slowly.
            for (int c = 0; c < headDim; c++)
            {
                new Span<float>(scratch.KeysTransposed + (c * Slots) + PagedKv.PageSlots, PagedKv.PageSlots).Clear();
            }
        }
    }

    /// <summary>Puts the keys or values of up to 16 listed slots one after another, as a page has them; what the page lacks is zero.</summary>
    /// <param name="problem">The call.</param>
    /// <param name="page">F32 [PageSlots, headDim].</param>
    /// <param name="pool">Keys or values.</param>
    /// <param name="head">What is read.</param>
    /// <param name="pages">The pages of keys or of values.</param>
    /// <param name="entry">The first entry.</param>
    /// <param name="count">How many entries.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather(in AttentionProblem problem, float* page, byte* pool, in HeadSlots head, int* pages, int entry, int count)
    {
        int headDim = problem.HeadDim;
        for (int j = 0; j < count; j++)
        {
            FloatConversion.Widen(problem.Type, pool + (head.At(pages, entry + j) * problem.SlotBytes), page + (j * headDim), headDim);
        }

        new Span<float>(page + (count * headDim), (PagedKv.PageSlots - count) * headDim).Clear();
    }

    // Writes keys[c, j] = page[j, c] in F32 for the page's 16 slots; rows of the result lie a block apart.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(DType type, float* keys, byte* page, float* widened, int headDim, PagesAhead ahead)
    {
        if (type != DType.F32 && WideKeys.IsSupported && WideKeys.Transpose(type, keys, page, headDim, ahead))
        {
            return;
        }

        var floats = (float*)page;
        if (type != DType.F32)
        {
            floats = widened;
            FloatConversion.Widen(type, page, floats, PagedKv.PageSlots * headDim);
        }

        TransposeFloats(keys, floats, headDim, ahead, (int)(type.BytesOf(PagedKv.PageSlots * headDim) / (2 * headDim / 8)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeFloats(float* keys, float* page, int headDim, PagesAhead ahead, int fetched)
    {
        int offset = 0;
        for (int j = 0; j < PagedKv.PageSlots; j += 8)
        {
            for (int c = 0; c < headDim; c += 8, offset += fetched)
            {
                ahead.Fetch(offset, fetched);
                float* source = page + ((long)j * headDim) + c;
                float* destination = keys + ((long)c * AttentionScratch.BlockSlots) + j;
                if (Avx.IsSupported)
                {
                    TransposeEight(destination, source, headDim);
                }
                else
                {
                    TransposePlain(destination, source, headDim);
                }
            }
        }
    }

    private static void TransposePlain(float* destination, float* source, nint stride)
    {
        for (int j = 0; j < 8; j++)
        {
            for (int c = 0; c < 8; c++)
            {
                destination[(c * AttentionScratch.BlockSlots) + j] = source[(j * stride) + c];
            }
        }
    }

    // Two 4 x 4 transpositions side by side, twice: slots j and j + 4 share a vector from the start.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeEight(float* destination, float* source, nint stride)
    {
        for (int c = 0; c < 8; c += 4, source += 4, destination += 4 * AttentionScratch.BlockSlots)
        {
            Vector256<float> s0 = Rows(source, stride);
            Vector256<float> s1 = Rows(source + stride, stride);
            Vector256<float> s2 = Rows(source + (2 * stride), stride);
            Vector256<float> s3 = Rows(source + (3 * stride), stride);
            Vector256<float> low01 = Avx.UnpackLow(s0, s1);
            Vector256<float> low23 = Avx.UnpackLow(s2, s3);
            Vector256<float> high01 = Avx.UnpackHigh(s0, s1);
            Vector256<float> high23 = Avx.UnpackHigh(s2, s3);
            Avx.Shuffle(low01, low23, 0x44).Store(destination);
            Avx.Shuffle(low01, low23, 0xEE).Store(destination + AttentionScratch.BlockSlots);
            Avx.Shuffle(high01, high23, 0x44).Store(destination + (2 * AttentionScratch.BlockSlots));
            Avx.Shuffle(high01, high23, 0xEE).Store(destination + (3 * AttentionScratch.BlockSlots));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Rows(float* source, nint stride) =>
        Vector256.Create(Vector128.Load(source), Vector128.Load(source + (4 * stride)));
}
