
namespace Winnow.Kernels.Norm;

/// <summary>Normalizes and rotates the heads of one token.</summary>
/// <param name="problem">The call.</param>
internal readonly unsafe struct RopeWork<TSimd, TVector>(RopeProblem problem) : IRowWork
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    // Pairs whose cosines and sines are laid out for the vectors at a time; a head of 256 takes one turn.
    private const int RunPairs = 128;

    public void Execute(int row)
    {
        float* values = problem.Values + ((nint)row * problem.Heads * problem.HeadDim);
        if (problem.Weight != null)
        {
            for (int head = 0; head < problem.Heads; head++)
            {
                float* start = values + (head * problem.HeadDim);
                float factor = NormRows<TSimd, TVector>.InverseRms(start, problem.HeadDim, problem.Epsilon);
                NormRows<TSimd, TVector>.Scale(start, start, problem.Weight, factor, problem.HeadDim, add: false);
            }
        }

        float* table = problem.Table + ((nint)row * problem.Pairs * 2);
        float* cos = stackalloc float[2 * RunPairs];
        float* sin = stackalloc float[2 * RunPairs];
        for (int first = 0; first < problem.Pairs; first += RunPairs)
        {
            int pairs = System.Math.Min(RunPairs, problem.Pairs - first);
            Rotate(values, table + (2 * first), cos, sin, first, pairs);
        }
    }

    private void Rotate(float* values, float* table, float* cos, float* sin, int first, int pairs)
    {
        bool halves = problem.Layout == RopeLayout.HalfSplit;
        for (int i = 0; i < pairs; i++)
        {
            (float c, float s) = (table[2 * i], table[(2 * i) + 1]);
            if (halves)
            {
                (cos[i], sin[i]) = (c, s);
            }
            else
            {
                (cos[2 * i], cos[(2 * i) + 1], sin[2 * i], sin[(2 * i) + 1]) = (c, c, -s, s);
            }
        }

        for (int head = 0; head < problem.Heads; head++)
        {
            float* start = values + (head * problem.HeadDim);
            if (halves)
            {
                NormRows<TSimd, TVector>.RotateHalves(start + first, start + problem.Pairs + first, cos, sin, pairs);
            }
            else
            {
                NormRows<TSimd, TVector>.RotateNeighbours(start + (2 * first), cos, sin, pairs);
            }
        }
    }
}
