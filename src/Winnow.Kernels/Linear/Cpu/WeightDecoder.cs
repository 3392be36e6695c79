using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Widens pieces of weight rows into vectors that lie a stride apart: 1 vector for a plain row, 6 for a tile of six rows.</summary>
internal static unsafe class WeightDecoder<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Widens whole blocks of 32 or 256 values; plain types are taken in units of 32 as well.</summary>
    /// <param name="type">The weight type.</param>
    /// <param name="source">The first block; of interleaved rows the first line of that row.</param>
    /// <param name="values">How many values: a multiple of 32, and of the block size.</param>
    /// <param name="output">Where the first vector goes.</param>
    /// <param name="stride">Floats from one vector to the next.</param>
    /// <param name="ahead">Bytes from here to what should be fetched into the cache meanwhile, of types in units of 32; 0 for nothing.</param>
    public static void Decode(DType type, byte* source, long values, float* output, nint stride, nint ahead)
    {
        switch (type.FileOrder())
        {
            case DType.F32:
                Units<SingleCodec<TLanes, TVector>>(type, source, values, output, stride, ahead);
                break;
            case DType.F16:
                Units<HalfCodec<TLanes, TVector>>(type, source, values, output, stride, ahead);
                break;
            case DType.BF16:
                Units<BrainCodec<TLanes, TVector>>(type, source, values, output, stride, ahead);
                break;
            case DType.Q8_0:
                Units<EightBitCodec<TLanes, TVector>>(type, source, values, output, stride, ahead);
                break;
            case DType.Q4_0:
                Units<FourBitCodec<TLanes, TVector>>(type, source, values, output, stride, ahead);
                break;
            case DType.IQ4_NL:
                Units<NonLinearCodec<TLanes, TVector>>(type, source, values, output, stride, ahead);
                break;
            default:
                Blocks(type, source, values, output, stride);
                break;
        }
    }

    // Products take bytes of these types; who widens them wants a row's values.
    private static void Blocks(DType type, byte* source, long values, float* output, nint stride)
    {
        int bytes = type.BlockBytes();
        int blockValues = type.BlockValues();
        nint step = blockValues / TLanes.Count * stride;
        for (long done = 0; done < values; done += blockValues, source += bytes, output += step)
        {
            switch (type)
            {
                case DType.Q4_1:
                    Nibbles(source + 4, HalfBits.Read(source), HalfBits.Read(source + 2), null, output, stride);
                    break;
                case DType.Q5_0:
                    float scale = HalfBits.Read(source);
                    Nibbles(source + 6, scale, -16 * scale, source + 2, output, stride);
                    break;
                case DType.Q5_1:
                    Nibbles(source + 8, HalfBits.Read(source), HalfBits.Read(source + 2), source + 4, output, stride);
                    break;
                case DType.Q4_K:
                    Grouped(source, source + 16, null, output, stride);
                    break;
                case DType.Q5_K:
                    Grouped(source, source + 48, source + 16, output, stride);
                    break;
                case DType.Q6_K:
                    SixBit(source, output, stride);
                    break;
                default:
                    throw new ArgumentException($"Weights cannot be {type}; they are F32, F16, BF16 or a GGUF block type.", nameof(type));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Units<TCodec>(DType type, byte* source, long values, float* output, nint stride, nint ahead)
        where TCodec : struct, IUnitCodec<TVector>
    {
        // A row of plain numbers that lies among others.
        nint step = type.GroupRows() * TCodec.UnitBytes;
        TVector scale = default;
        for (long unit = values / 32; unit > 0; unit--, source += step)
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(source + ahead);
            }

            if (TCodec.IsScaled)
            {
                scale = TLanes.Broadcast(HalfBits.Read(source));
            }

            for (int i = 0; i < 32 / TLanes.Count; i++, output += stride)
            {
                TLanes.Store(TCodec.Widen(source, scale, i), output);
            }
        }
    }

    // 32 values: offset + scale * (nibble + 16 * bit). The product is exact, so only the sum rounds.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Nibbles(byte* nibbles, float scale, float offset, byte* fifthBits, float* output, nint stride)
    {
        TVector scales = TLanes.Broadcast(scale);
        TVector sixteens = TLanes.Broadcast(16 * scale);
        TVector offsets = TLanes.Broadcast(offset);
        uint bits = fifthBits == null ? 0 : Unsafe.ReadUnaligned<uint>(fifthBits);
        for (int i = 0; i < 32; i += TLanes.Count, output += stride)
        {
            TVector value = TLanes.Levels(nibbles, i >= 16, NibbleLevels.Unsigned, scales, (i & 15) / TLanes.Count);
            value = TLanes.Add(value, TLanes.WhereBits(bits >> i, sixteens));
            TLanes.Store(TLanes.Add(value, offsets), output);
        }
    }

    // Q4_K and Q5_K: eight groups of 32, two groups in the nibbles of 32 bytes, each with a 6-bit scale and minimum.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Grouped(byte* block, byte* nibbles, byte* fifthBits, float* output, nint stride)
    {
        float scale = HalfBits.Read(block);
        float minimum = HalfBits.Read(block + 2);
        byte* packed = block + 4;
        for (int group = 0; group < 8; group++)
        {
            int factor = group < 4 ? packed[group] & 63 : (packed[group + 4] & 15) | ((packed[group - 4] >> 6) << 4);
            int offset = group < 4 ? packed[group + 4] & 63 : (packed[group + 4] >> 4) | ((packed[group] >> 6) << 4);
            TVector scales = TLanes.Broadcast(scale * factor);
            TVector sixteens = TLanes.Broadcast(16 * scale * factor);
            TVector minima = TLanes.Broadcast(minimum * offset);
            for (int i = 0; i < 32; i += TLanes.Count, output += stride)
            {
                byte* source = nibbles + (32 * (group / 2)) + (i & 16);
                TVector value = TLanes.Levels(source, (group & 1) != 0, NibbleLevels.Unsigned, scales, (i & 15) / TLanes.Count);
                if (fifthBits != null)
                {
                    value = TLanes.Add(value, TLanes.WhereMasked(fifthBits + i, (byte)(1 << group), sixteens));
                }

                TLanes.Store(TLanes.Subtract(value, minima), output);
            }
        }
    }

    // Q6_K: halves of 128 in quarters of 32; each 16 values have a signed 8-bit scale.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixBit(byte* block, float* output, nint stride)
    {
        float scale = HalfBits.Read(block + 208);
        for (int sixteen = 0; sixteen < 16; sixteen++)
        {
            int half = sixteen / 8;
            int quarter = sixteen % 8 / 2;
            int lane = 16 * (sixteen & 1);
            Vector128<byte> low = Vector128.Load(block + (64 * half) + (32 * (quarter & 1)) + lane);
            Vector128<byte> high = Vector128.Load(block + 128 + (32 * half) + lane);
            low = quarter < 2 ? low & Vector128.Create((byte)15) : low >> 4;
            high = ((high >> (2 * quarter)) & Vector128.Create((byte)3)) << 4;
            Vector128<sbyte> value = (low | high).AsSByte() - Vector128.Create((sbyte)32);
            TVector scales = TLanes.Broadcast(scale * (sbyte)block[192 + sixteen]);
            for (int part = 0; part < 16 / TLanes.Count; part++, output += stride)
            {
                TLanes.Store(TLanes.Multiply(TLanes.FromSigned(value, part), scales), output);
            }
        }
    }
}
