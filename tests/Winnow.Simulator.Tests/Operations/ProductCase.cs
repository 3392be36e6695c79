using System;
using System.Globalization;
using System.Linq;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>A product of warpgroups with layouts of its factors, as a kernel and as images of shared memory.</summary>
/// <param name="Type">The type of the factors; two with a dot in between where they differ.</param>
/// <param name="N">Columns.</param>
/// <param name="Swizzle">The swizzle of both factors: bytes, or 0 for none.</param>
/// <param name="TransposesA">Whether the first factor lies column by column.</param>
/// <param name="TransposesB">Whether the second factor lies column by column of k.</param>
/// <param name="IsFragment">Whether the first factor is in registers.</param>
/// <param name="IsHalf">Whether the sums are f16.</param>
internal sealed record ProductCase(string Type, int N, int Swizzle, bool TransposesA, bool TransposesB, bool IsFragment, bool IsHalf)
{
    /// <summary>Rows.</summary>
    public const int M = 64;

    /// <summary>Bytes of a value.</summary>
    public int Size => Type switch { "tf32" => 4, "f16" or "bf16" => 2, _ => 1 };

    /// <summary>The type of the first factor.</summary>
    public string TypeOfA => Type.Split('.')[0];

    /// <summary>The type of the second factor.</summary>
    public string TypeOfB => Type.Split('.')[^1];

    /// <summary>Whether the sums are integers.</summary>
    public bool IsInteger => Type.Contains('8', StringComparison.Ordinal);

    /// <summary>All k: those of 128 bytes.</summary>
    public int K => 128 / Size;

    /// <summary>The k of one instruction.</summary>
    public int Step => 32 / Size;

    private int Chunk => 16 / Size;

    private int Chunks => Math.Max(Swizzle, 16) / 16;

    /// <summary>Where a value lies in the image of its factor.</summary>
    /// <param name="row">Its row of m or n.</param>
    /// <param name="k">Its k.</param>
    /// <param name="rows">Rows of the factor.</param>
    /// <param name="transposes">Whether it lies column by column.</param>
    public int PlaceOf(int row, int k, int rows, bool transposes)
    {
        // Blocks of eight lines of a swizzle's width; lines are rows or columns of k.
        (int line, int along, int lines) = transposes ? (k, row, K) : (row, k, rows);
        int width = Chunks * Chunk;
        int block = ((along / width * (lines / 8)) + (line / 8)) * 8 * Chunks * 16;
        int place = block + (line % 8 * Chunks * 16) + (along % width * Size);
        int phase = (place >> 7) & (Chunks - 1);
        return place ^ (phase << 4);
    }

    /// <summary>The descriptor of the part of a factor that one instruction takes.</summary>
    /// <param name="start">Where the factor begins, bytes.</param>
    /// <param name="k">Where the part begins.</param>
    /// <param name="rows">Rows of the factor.</param>
    /// <param name="transposes">Whether it lies column by column.</param>
    public ulong DescriptorOf(int start, int k, int rows, bool transposes)
    {
        int block = 8 * Chunks * 16;
        int lines = (transposes ? K : rows) / 8;
        int along = transposes ? 0 : k / (Chunks * Chunk) * lines * block;
        int inside = transposes ? k / 8 * block : along + (k % (Chunks * Chunk) * Size);
        (int next, int nextEight) = (lines * block, block);
        (int leading, int stride) = (transposes, Chunks) switch
        {
            (true, 1) => (nextEight, next),
            (false, _) => (next, nextEight),
            _ => (next, nextEight),
        };
        ulong mode = Swizzle switch { 128 => 1, 64 => 2, 32 => 3, _ => 0ul };
        return (ulong)(uint)((start + inside) >> 4) | ((ulong)(uint)(leading >> 4) << 16) | ((ulong)(uint)(stride >> 4) << 32) | (mode << 62);
    }

    /// <summary>CUDA C++: copies the image to shared memory, multiplies step by step, and stores the sums row by row as floats.</summary>
    public string Kernel()
    {
        int registers = N / (IsHalf ? 4 : 2);
        string list = string.Join(", ", Enumerable.Range(0, registers).Select(i => $"%{i}"));
        string outputs = string.Join(", ", Enumerable.Range(0, registers).Select(i => $"\"+{(IsHalf || IsInteger ? "r" : "f")}\"(d[{i}])"));
        int next = registers;
        string a = IsFragment ? $"{{{string.Join(", ", Enumerable.Range(next, 4).Select(i => $"%{i}"))}}}" : $"%{next}";
        next += IsFragment ? 4 : 1;
        string transposes = Size != 2 ? "" : (IsFragment ? "" : TransposesA ? ", 1" : ", 0") + (TransposesB ? ", 1" : ", 0");
        string inputs = IsFragment ? "\"r\"(a[0]), \"r\"(a[1]), \"r\"(a[2]), \"r\"(a[3])" : "\"l\"(da)";
        string type = $"m64n{N}k{Step}.{(IsHalf ? "f16" : IsInteger ? "s32" : "f32")}.{TypeOfA}.{TypeOfB}";
        string signs = IsInteger ? "" : ", 1, 1";
        string text = $"{{.reg .pred p; setp.ne.u32 p, %{next + 1}, 0; wgmma.mma_async.sync.aligned.{type} {{{list}}}, {a}, %{next}, p{signs}{transposes};}}";
        return string.Create(CultureInfo.InvariantCulture, $$"""
            extern __shared__ __align__(1024) unsigned tile[];
            extern "C" __global__ void test(float* out, const unsigned* image, int words, const unsigned long long* descriptors, const unsigned* fragments) {
              for (int i = threadIdx.x; i < words; i += 128) tile[i] = image[i];
              asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
              __syncthreads();
              {{(IsHalf ? "unsigned" : IsInteger ? "int" : "float")}} d[{{registers}}] = {};
              asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
              #pragma unroll
              for (int s = 0; s < {{K / Step}}; s++) {
                unsigned long long da = descriptors[2 * s], db = descriptors[2 * s + 1];
                unsigned a[4];
                for (int i = 0; i < 4; i++) a[i] = fragments[(s * 4 + i) * 128 + threadIdx.x];
                asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
                asm volatile("{{text}}" : {{outputs}} : {{inputs}}, "l"(db), "r"(s) : "memory");
              }
              asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
              asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
              int lane = threadIdx.x % 32, row = threadIdx.x / 32 * 16 + lane / 4;
              for (int n = 0; n < {{N}}; n += 8)
                for (int i = 0; i < 4; i++) {
                  {{(IsHalf
                    ? "unsigned h = d[n / 4 + i / 2] >> (i % 2 * 16) & 0xffff; float f; asm(\"{.reg .b16 h; cvt.u16.u32 h, %1; cvt.f32.f16 %0, h;}\" : \"=f\"(f) : \"r\"(h));"
                    : "float f = d[n / 2 + i];")}}
                  out[(row + i / 2 * 8) * {{N}} + n + lane % 4 * 2 + i % 2] = f;
                }
            }
            """);
    }
}
