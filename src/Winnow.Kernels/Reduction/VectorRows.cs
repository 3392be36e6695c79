namespace Winnow.Kernels.Reduction;

/// <summary>The sizes of rows of vectors.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Entries">The vectors of a row.</param>
/// <param name="Dim">The values of a vector.</param>
internal readonly record struct VectorRows(int Rows, int Entries, int Dim);
