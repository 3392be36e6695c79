using System;
using System.Runtime.CompilerServices;

namespace Winnow.Kernels.Linear;

/// <summary>Turns weights of any type into floats. Every value is exact, or rounded once where a block type subtracts a minimum.</summary>
internal static unsafe class RowDequantizer
{
    private static ReadOnlySpan<sbyte> NonLinearLevels =>
        [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>Writes <paramref name="values"/> floats.</summary>
    /// <param name="type">The element type of the row.</param>
    /// <param name="row">The first block.</param>
    /// <param name="values">How many values; whole blocks.</param>
    /// <param name="output">Where the floats go.</param>
    public static void Dequantize(DType type, byte* row, long values, float* output)
    {
        if (type == DType.F32)
        {
            Buffer.MemoryCopy(row, output, values * sizeof(float), values * sizeof(float));
            return;
        }

        int blockBytes = type.BlockBytes();
        int blockValues = type.BlockValues();
        for (long done = 0; done < values; done += blockValues, row += blockBytes, output += blockValues)
        {
            Block(type, row, output);
        }
    }

    private static void Block(DType type, byte* block, float* output)
    {
        switch (type)
        {
            case DType.F16:
                *output = Half(block);
                break;
            case DType.BF16:
                *output = (float)*(BFloat16*)block;
                break;
            case DType.Q4_0:
                Nibbles(block + 2, null, Half(block), -8, 0, output);
                break;
            case DType.Q4_1:
                Nibbles(block + 4, null, Half(block), 0, Half(block + 2), output);
                break;
            case DType.Q5_0:
                Nibbles(block + 6, block + 2, Half(block), -16, 0, output);
                break;
            case DType.Q5_1:
                Nibbles(block + 8, block + 4, Half(block), 0, Half(block + 2), output);
                break;
            case DType.Q8_0:
                Bytes(block, output);
                break;
            case DType.Q4_K:
                FourOrFive(block, null, block + 16, output);
                break;
            case DType.Q5_K:
                FourOrFive(block, block + 16, block + 48, output);
                break;
            case DType.Q6_K:
                Six(block, output);
                break;
            case DType.IQ4_NL:
                NonLinear(block, output);
                break;
            default:
                throw new ArgumentException($"Weights cannot be {type}; they are F32, F16, BF16 or a GGUF block type.", nameof(type));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Half(byte* bits) => (float)Unsafe.ReadUnaligned<Half>(bits);

    private static void Bytes(byte* block, float* output)
    {
        float scale = Half(block);
        for (int i = 0; i < 32; i++)
        {
            output[i] = scale * (sbyte)block[2 + i];
        }
    }

    private static void NonLinear(byte* block, float* output)
    {
        float scale = Half(block);
        for (int i = 0; i < 16; i++)
        {
            output[i] = scale * NonLinearLevels[block[2 + i] & 15];
            output[16 + i] = scale * NonLinearLevels[block[2 + i] >> 4];
        }
    }

    private static void Nibbles(byte* low, byte* high, float scale, int offset, float minimum, float* output)
    {
        uint fifth = high == null ? 0 : Unsafe.ReadUnaligned<uint>(high);
        for (int i = 0; i < 16; i++)
        {
            uint first = (low[i] & 15u) | (((fifth >> i) & 1) << 4);
            uint second = ((uint)low[i] >> 4) | (((fifth >> (16 + i)) & 1) << 4);
            output[i] = (scale * ((int)first + offset)) + minimum;
            output[16 + i] = (scale * ((int)second + offset)) + minimum;
        }
    }

    private static void FourOrFive(byte* block, byte* high, byte* low, float* output)
    {
        float scale = Half(block);
        float minimum = Half(block + 2);
        byte* packed = block + 4;
        for (int group = 0; group < 8; group++)
        {
            int factor = group < 4 ? packed[group] & 63 : (packed[group + 4] & 15) | ((packed[group - 4] >> 6) << 4);
            int offset = group < 4 ? packed[group + 4] & 63 : (packed[group + 4] >> 4) | ((packed[group] >> 6) << 4);
            float groupScale = scale * factor;
            float groupMinimum = minimum * offset;
            int shift = (group & 1) * 4;
            byte* source = low + (32 * (group / 2));
            for (int i = 0; i < 32; i++)
            {
                int fifth = high == null ? 0 : ((high[i] >> group) & 1) << 4;
                output[(32 * group) + i] = (groupScale * (((source[i] >> shift) & 15) | fifth)) - groupMinimum;
            }
        }
    }

    private static void Six(byte* block, float* output)
    {
        float scale = Half(block + 208);
        for (int i = 0; i < 256; i++)
        {
            int half = i / 128;
            int quarter = i % 128 / 32;
            int lane = i % 32;
            int low = block[(64 * half) + ((quarter & 1) * 32) + lane] >> (quarter < 2 ? 0 : 4);
            int high = block[128 + (32 * half) + lane] >> (2 * quarter);
            int value = (low & 15) | ((high & 3) << 4);
            output[i] = scale * (sbyte)block[192 + (i / 16)] * (value - 32);
        }
    }
}
