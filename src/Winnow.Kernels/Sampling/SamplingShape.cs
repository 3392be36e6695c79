namespace Winnow.Kernels.Sampling;

/// <summary>The sizes of a batch.</summary>
/// <param name="Rows">Rows of logits.</param>
/// <param name="Vocab">Tokens.</param>
/// <param name="Top">The length of the lists of best tokens; 0 for none.</param>
/// <param name="HistoryCapacity">Entries of a row of the history; 0 for none.</param>
internal readonly record struct SamplingShape(int Rows, int Vocab, int Top, int HistoryCapacity);
