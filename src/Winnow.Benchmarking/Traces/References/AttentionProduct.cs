namespace Winnow.Benchmarking.Traces.References;

/// <summary>A part of attention's scores: the product of queries and keys over some of a head's numbers.</summary>
/// <param name="Queries">Queries, [query, head, number].</param>
/// <param name="Keys">Keys, [token, head, number].</param>
/// <param name="Dim">Numbers of a head.</param>
internal sealed record AttentionProduct(double[] Queries, double[] Keys, int Dim);
