namespace Winnow.Kernels.Norm;

/// <summary>Normalizes one row.</summary>
/// <param name="problem">The call.</param>
internal readonly unsafe struct NormWork<TSimd, TVector>(NormProblem problem) : IRowWork
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public void Execute(int row)
    {
        int columns = problem.Columns;
        nint offset = (nint)row * columns;
        float* input = problem.Input + offset;
        float* output = problem.Output + offset;
        if (problem.Kind == NormKind.Layer)
        {
            (float mean, float scale) = NormRows<TSimd, TVector>.Moments(input, columns, problem.Epsilon);
            NormRows<TSimd, TVector>.Center(output, input, problem.Weight, problem.Bias, mean, scale, columns);
            return;
        }

        if (problem.Kind == NormKind.RmsOfSum)
        {
            NormRows<TSimd, TVector>.Add(problem.Residual + offset, input, columns);
            input = problem.Residual + offset;
        }

        float factor = NormRows<TSimd, TVector>.InverseRms(input, columns, problem.Epsilon);
        NormRows<TSimd, TVector>.Scale(output, input, problem.Weight, factor, columns, problem.Kind == NormKind.RmsAdded);
    }
}
