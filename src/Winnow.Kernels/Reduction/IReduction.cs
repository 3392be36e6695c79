namespace Winnow.Kernels.Reduction;

/// <summary>Gathering and pooling of rows.</summary>
public interface IReduction
{
    /// <summary>output[i] = input[indices[i]].</summary>
    /// <param name="output">F32 [n, columns].</param>
    /// <param name="input">F32 [rows, columns].</param>
    /// <param name="indices">I32 [n], each below rows.</param>
    void GatherRows(Tensor output, Tensor input, Tensor indices);

    /// <summary>sums[c] += sum over r of input[r, c], added in row order, so that a matrix in pieces gives the same bits as in one.</summary>
    /// <param name="sums">F32 [columns]: the running sums.</param>
    /// <param name="input">F32 [rows, columns].</param>
    void AddRowSums(Tensor sums, Tensor input);

    /// <summary>Divides each row by its Euclidean length; a row of zeros stays.</summary>
    /// <param name="rows">F32 [rows, columns], in place.</param>
    void NormalizeRows(Tensor rows);
}
