using System;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Reduction;

/// <summary>A piece of the vectors of a row through <see cref="IReduction.QuadraticForms"/>, eight at a time.</summary>
internal readonly unsafe struct FormWork : IRowWork
{
    /// <summary>Vectors of a piece.</summary>
    public const int Piece = 32;

    // Sums that stay in registers.
    private const int Together = 8;

    public required VectorRows Sizes { get; init; }

    /// <summary>Pieces of a row.</summary>
    public required int Pieces { get; init; }

    public required float* Output { get; init; }

    public required float* Vectors { get; init; }

    /// <summary>Null where there is no quadratic form.</summary>
    public required float* Matrices { get; init; }

    /// <summary>Null where there is no linear form.</summary>
    public required float* Linear { get; init; }

    public required float A { get; init; }

    public required float B { get; init; }

    public required RowLengths Lengths { get; init; }

    /// <inheritdoc/>
    public void Execute(int row)
    {
        long r = row / Pieces;
        int first = row % Pieces * Piece;
        int end = Math.Min(Sizes.Entries, first + Piece);
        int exists = Math.Clamp(Lengths[(int)r], first, end);
        float* output = Output + (r * Sizes.Entries);
        float** vectors = stackalloc float*[Together];
        float* forms = stackalloc float[Together];
        for (int e = first; e < exists; e += Together)
        {
            // The last vector stands in for those that are missing.
            for (int n = 0; n < Together; n++)
            {
                vectors[n] = Vectors + (((r * Sizes.Entries) + Math.Min(exists - 1, e + n)) * Sizes.Dim);
            }

            Compute(forms, vectors, r);
            int count = Math.Min(Together, exists - e);
            new ReadOnlySpan<float>(forms, count).CopyTo(new Span<float>(output + e, count));
        }

        new Span<float>(output + exists, end - exists).Clear();
    }

    private void Compute(float* forms, float** vectors, long row)
    {
        new Span<float>(forms, Together).Clear();
        if (Matrices != null)
        {
            Quadratic(forms, vectors, Matrices + (row * Sizes.Dim * Sizes.Dim));
        }

        for (int n = 0; n < Together; n++)
        {
            float linear = Linear == null ? 0 : A * Dot(vectors[n], Linear + (row * Sizes.Dim));
            forms[n] = linear + (B * forms[n]);
        }
    }

    private float Dot(float* left, float* right)
    {
        Vector256<float> sums = Vector256<float>.Zero;
        int c = 0;
        for (; c <= Sizes.Dim - Vector256<float>.Count; c += Vector256<float>.Count)
        {
            sums = Vector256.FusedMultiplyAdd(Vector256.Load(left + c), Vector256.Load(right + c), sums);
        }

        float sum = Simd256.Sum(sums);
        for (; c < Sizes.Dim; c++)
        {
            sum = MathF.FusedMultiplyAdd(left[c], right[c], sum);
        }

        return sum;
    }

    // v^T M in eight columns at a time, and times v.
    private void Quadratic(float* forms, float** v, float* matrix)
    {
        Vector256<float>* sums = stackalloc Vector256<float>[Together];
        new Span<Vector256<float>>(sums, Together).Clear();
        int c = 0;
        for (; c <= Sizes.Dim - Vector256<float>.Count; c += Vector256<float>.Count)
        {
            AddColumns(sums, v, matrix + c, c);
        }

        for (int n = 0; n < Together; n++)
        {
            forms[n] = Simd256.Sum(sums[n]);
            for (int rest = c; rest < Sizes.Dim; rest++)
            {
                float product = 0;
                for (int i = 0; i < Sizes.Dim; i++)
                {
                    product = MathF.FusedMultiplyAdd(v[n][i], matrix[((long)i * Sizes.Dim) + rest], product);
                }

                forms[n] = MathF.FusedMultiplyAdd(v[n][rest], product, forms[n]);
            }
        }
    }

    private void AddColumns(Vector256<float>* sums, float** v, float* columns, int c)
    {
        float* v0 = v[0], v1 = v[1], v2 = v[2], v3 = v[3], v4 = v[4], v5 = v[5], v6 = v[6], v7 = v[7];
        Vector256<float> p0 = default, p1 = default, p2 = default, p3 = default, p4 = default, p5 = default, p6 = default, p7 = default;
        for (int i = 0; i < Sizes.Dim; i++)
        {
            Vector256<float> m = Vector256.Load(columns + ((long)i * Sizes.Dim));
            p0 = Vector256.FusedMultiplyAdd(Vector256.Create(v0[i]), m, p0);
            p1 = Vector256.FusedMultiplyAdd(Vector256.Create(v1[i]), m, p1);
            p2 = Vector256.FusedMultiplyAdd(Vector256.Create(v2[i]), m, p2);
            p3 = Vector256.FusedMultiplyAdd(Vector256.Create(v3[i]), m, p3);
            p4 = Vector256.FusedMultiplyAdd(Vector256.Create(v4[i]), m, p4);
            p5 = Vector256.FusedMultiplyAdd(Vector256.Create(v5[i]), m, p5);
            p6 = Vector256.FusedMultiplyAdd(Vector256.Create(v6[i]), m, p6);
            p7 = Vector256.FusedMultiplyAdd(Vector256.Create(v7[i]), m, p7);
        }

        sums[0] = Vector256.FusedMultiplyAdd(Vector256.Load(v0 + c), p0, sums[0]);
        sums[1] = Vector256.FusedMultiplyAdd(Vector256.Load(v1 + c), p1, sums[1]);
        sums[2] = Vector256.FusedMultiplyAdd(Vector256.Load(v2 + c), p2, sums[2]);
        sums[3] = Vector256.FusedMultiplyAdd(Vector256.Load(v3 + c), p3, sums[3]);
        sums[4] = Vector256.FusedMultiplyAdd(Vector256.Load(v4 + c), p4, sums[4]);
        sums[5] = Vector256.FusedMultiplyAdd(Vector256.Load(v5 + c), p5, sums[5]);
        sums[6] = Vector256.FusedMultiplyAdd(Vector256.Load(v6 + c), p6, sums[6]);
        sums[7] = Vector256.FusedMultiplyAdd(Vector256.Load(v7 + c), p7, sums[7]);
    }
}
