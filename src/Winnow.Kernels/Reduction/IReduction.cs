namespace Winnow.Kernels.Reduction;

/// <summary>Moving, selecting, comparing and merging rows, and what scores of them are made of.</summary>
/// <remarks>
/// Where an operation takes lengths, entries of a row from its length on are not read, and are 0 in the output. Sums run in a fixed order: a row has the
/// same bits in every run and whatever the rows around it are.
/// Indices, counts and masks are device data. The processor refuses an index that does not exist; a GPU cannot, and does what is said at
/// each operation instead.
/// </remarks>
public interface IReduction
{
    /// <summary>output[i] = input[indices[i]].</summary>
    /// <param name="output">F32 [n, columns].</param>
    /// <param name="input">F32 [rows, columns].</param>
    /// <param name="indices">I32 [n], each below rows; on a GPU any other gives a row of NaN.</param>
    void GatherRows(Tensor output, Tensor input, Tensor indices);

    /// <summary>output[indices[i]] = input[i]; other rows of the output stay as they are.</summary>
    /// <param name="output">F32 [rows, columns].</param>
    /// <param name="input">F32 [n, columns], not overlapping the output.</param>
    /// <param name="indices">I32 [n], each at most once; a row whose index is not one of the output is left out.</param>
    void ScatterRows(Tensor output, Tensor input, Tensor indices);

    /// <summary>sums[c] += sum over r of input[r, c], added in row order, so that a matrix in pieces gives the same bits as in one.</summary>
    /// <param name="sums">F32 [columns]: the running sums.</param>
    /// <param name="input">F32 [rows, columns].</param>
    void AddRowSums(Tensor sums, Tensor input);

    /// <summary>Divides each row by its Euclidean length; a row of zeros stays.</summary>
    /// <param name="rows">F32 [rows, columns], in place.</param>
    void NormalizeRows(Tensor rows);

    /// <summary>
    /// Selects in every row the protected entries and the best others: those with the higher score, of equal ones those with the lower
    /// index; NaN comes last, after negative infinity.
    /// </summary>
    /// <param name="selected">
    /// I32 [rows, capacity]: ascending indices. Entries from counts[r] on are left as they are; what exceeds the capacity is not written.
    /// </param>
    /// <param name="counts">
    /// I32 [rows]: how many were selected, min(wanted[r], lengths[r]), or the number of protected entries where that is more.
    /// </param>
    /// <param name="scores">F32 [rows, entries].</param>
    /// <param name="wanted">I32 [rows], or I32 [1] for all rows: how many to select, protected ones included.</param>
    /// <param name="lengths">I32 [rows]: how many entries of a row exist, the others are not read; empty means all.</param>
    /// <param name="guarded">U8 [rows, entries]: not 0 protects; empty means none.</param>
    /// <param name="first">How many of a row's first entries are protected besides.</param>
    /// <param name="last">How many of the last of a row's entries that exist are protected besides.</param>
    void SelectTop(
        Tensor selected, Tensor counts, Tensor scores, Tensor wanted, Tensor lengths = default, Tensor guarded = default, int first = 0, int last = 0);

    /// <summary>
    /// output[i, j] = cosine of the angle between left[i] and right[j]; 0 where one of them is zero. Rows are normalized in double and
    /// rounded to half precision, products are summed in float.
    /// </summary>
    /// <param name="output">F32 [left rows, right rows].</param>
    /// <param name="left">F32 [left rows, columns].</param>
    /// <param name="right">F32 [right rows, columns]; may be the left one.</param>
    void CosineSimilarity(Tensor output, Tensor left, Tensor right);

    /// <summary>
    /// output[d] = sum over i with targets[i] = d of weights[i] * input[i], in ascending i by fused multiply-adds; 0 where there is none.
    /// </summary>
    /// <param name="output">F32 [destinations, columns], not overlapping the input.</param>
    /// <param name="input">F32 [rows, columns].</param>
    /// <param name="targets">I32 [rows]: where a row goes; a row whose target is not one of the output is left out.</param>
    /// <param name="weights">F32 [rows].</param>
    void MergeRows(Tensor output, Tensor input, Tensor targets, Tensor weights);

    /// <summary>output[i] = op(left[i], right[i]), entry by entry.</summary>
    /// <param name="output">F32; may be an operand, but must not overlap one in part.</param>
    /// <param name="op">The formula, with what a and b are to it.</param>
    /// <param name="left">F32, or I32, which is rounded to float; as many elements as the output.</param>
    /// <param name="right">F32, as many elements; empty where b stands for all of them.</param>
    /// <param name="a">The formula's a.</param>
    /// <param name="b">What r is where there is no right operand.</param>
    void Map(Tensor output, ElementOp op, Tensor left, Tensor right = default, float a = 0, float b = 0);

    /// <summary>Pools each row, one entry at a time: as many entries come out as go in.</summary>
    /// <param name="output">F32 [rows, entries], not overlapping the input.</param>
    /// <param name="input">F32 [rows, entries].</param>
    /// <param name="kind">What is made of the entries around an entry; they are added in ascending order.</param>
    /// <param name="width">How many; odd but for <see cref="PoolKind.ChunkMean"/>.</param>
    /// <param name="lengths">I32 [rows]: how many entries of a row exist; empty means all.</param>
    void PoolRows(Tensor output, Tensor input, PoolKind kind, int width, Tensor lengths = default);

    /// <summary>Combines rows of one group entry by entry, in ascending rows; all rows of the group get the result.</summary>
    /// <param name="output">F32 [rows, entries]; may be the input, but must not overlap it in part.</param>
    /// <param name="input">F32 [rows, entries].</param>
    /// <param name="group">How many consecutive rows are a group; they divide the rows.</param>
    /// <param name="kind">How they are combined.</param>
    void CombineGroups(Tensor output, Tensor input, int group, GroupKind kind);

    /// <summary>
    /// Makes each row, or each segment of it, weights that sum to 1: output[r, e] = exp(input[r, e]) / sum of exp(input[r, i]) over the segment.
    /// Where nothing exists, or nothing but negative infinity, the weights are 0; NaN or positive infinity makes its segment NaN.
    /// </summary>
    /// <param name="output">F32 [rows, entries]; may be the input, but must not overlap it in part. Entries before the start are 0.</param>
    /// <param name="input">F32 [rows, entries].</param>
    /// <param name="lengths">I32 [rows]: how many entries of a row exist; empty means all.</param>
    /// <param name="start">The first entry of the first segment.</param>
    /// <param name="segment">The entries of a segment, the last one may be shorter; 0 for one segment. At most 65535 segments.</param>
    void SoftmaxRows(Tensor output, Tensor input, Tensor lengths = default, int start = 0, int segment = 0);

    /// <summary>output[r] = sum over c of |input[r, c]|.</summary>
    /// <param name="output">F32 [rows].</param>
    /// <param name="input">F32 [rows, columns].</param>
    void AbsoluteSums(Tensor output, Tensor input);

    /// <summary>output[r] = mean over e of vectors[r, e]; zeros where none exists.</summary>
    /// <param name="output">F32 [rows, dim].</param>
    /// <param name="vectors">F32 [rows, entries, dim].</param>
    /// <param name="lengths">I32 [rows]: how many vectors of a row exist; empty means all.</param>
    void MeanVectors(Tensor output, Tensor vectors, Tensor lengths = default);

    /// <summary>
    /// output[r, e] = a * (v . linear[r]) + b * (v^T matrices[r] v) with v = vectors[r, e]: what a query of a mean and a covariance expects of a key.
    /// (Expected Attention, Devoto et al. 2025, arXiv:2510.00636.)
    /// </summary>
    /// <param name="output">F32 [rows, entries].</param>
    /// <param name="vectors">F32 [rows, entries, dim], dim at most 256.</param>
    /// <param name="matrices">F32 [rows, dim, dim]; empty leaves the quadratic form out.</param>
    /// <param name="linear">F32 [rows, dim]; empty leaves the linear form out.</param>
    /// <param name="a">The factor of the linear form.</param>
    /// <param name="b">The factor of the quadratic form.</param>
    /// <param name="lengths">I32 [rows]: how many vectors of a row exist; empty means all.</param>
    void QuadraticForms(Tensor output, Tensor vectors, Tensor matrices, Tensor linear, float a, float b, Tensor lengths = default);

    /// <summary>
    /// sums[h] += sum over t of q q^T with q = rows[t, h], in ascending t by fused multiply-adds, so that tokens in pieces give the same bits as in one.
    /// </summary>
    /// <param name="sums">F32 [heads, dim, dim]: the running sums.</param>
    /// <param name="rows">F32 [tokens, heads * dim].</param>
    void AddOuterProducts(Tensor sums, Tensor rows);

    /// <summary>
    /// output[r, e] = how many entries of the row, or of e's segment of it, come before e in ascending order: the smaller ones, and of equal ones those with
    /// a higher index, so that the first of equal entries ranks highest. NaN comes before negative infinity.
    /// </summary>
    /// <param name="output">F32 [rows, entries], not overlapping the input. Entries before the start are 0.</param>
    /// <param name="input">F32 [rows, entries].</param>
    /// <param name="lengths">I32 [rows]: how many entries of a row exist; empty means all.</param>
    /// <param name="start">The first entry of the first segment.</param>
    /// <param name="segment">The entries of a segment, the last one may be shorter; 0 for one segment. At most 65535 segments.</param>
    void RankRows(Tensor output, Tensor input, Tensor lengths = default, int start = 0, int segment = 0);

    /// <summary>
    /// How much the channels of a vector differ on the scale of the next partition: output[r, e] = the deviation (of a sample: over dim - 1) over c of
    /// (v[c] - low[c]) / (high[c] - low[c]), 0 where both are equal, with v = vectors[r, e], and low and high the least and the greatest of the channel in the
    /// partition after e's. Entries before the first partition, and those whose next partition is not whole, are 0. (LagKV, Liang et al. 2025,
    /// arXiv:2504.04704.)
    /// </summary>
    /// <param name="output">F32 [rows, entries].</param>
    /// <param name="vectors">F32 [rows, entries, dim], dim at most 256.</param>
    /// <param name="sinks">The first entry of the first partition.</param>
    /// <param name="lag">The entries of a partition.</param>
    /// <param name="lengths">I32 [rows]: how many vectors of a row exist; empty means all.</param>
    void LagDeviation(Tensor output, Tensor vectors, int sinks, int lag, Tensor lengths = default);

    /// <summary>
    /// What a small convolutional network expects of blocks by their history (AttentionPredictor, Yang et al. 2025, arXiv:2502.04077). With x[t, b] the
    /// history of the blocks from <paramref name="first"/> to lengths[r] - <paramref name="last"/> - 1 alone, t from the oldest step to the newest:
    /// output[r, first + b] = bias + sum over c of w[c] * (mean over t of f[c, t, b]) with f = relu(conv(relu(conv(x)))), zeros around x and around what the first
    /// convolution gives. Blocks outside that range are 0; where it holds fewer than <see cref="BlockNetwork.LeastBlocks"/>, those in it are 1.
    /// </summary>
    /// <param name="output">F32 [rows, blocks].</param>
    /// <param name="history">
    /// F32 [Steps / 16, rows, blocks * 16], not overlapping the output: step s of block b lies in plane s / 16, entry b * 16 + s % 16; see
    /// <see cref="Attention.AttentionSignals.BlockHistory"/>. Blocks outside the range are not read.
    /// </param>
    /// <param name="weights">F32 [<see cref="BlockNetwork.Weights"/>].</param>
    /// <param name="lengths">I32 [rows]: how many blocks of a row exist.</param>
    /// <param name="oldest">I32 [rows]: which step is the oldest one, modulo <see cref="BlockNetwork.Steps"/>.</param>
    /// <param name="first">How many of a row's first blocks are left out.</param>
    /// <param name="last">How many of the last of a row's blocks that exist are left out.</param>
    void PredictBlocks(Tensor output, Tensor history, Tensor weights, Tensor lengths, Tensor oldest, int first = 0, int last = 0);

    /// <summary>Lists the entries of listed blocks, and a row's last ones besides, in ascending order.</summary>
    /// <param name="selected">
    /// I32 [rows, capacity], not overlapping the blocks. Entries from counts[r] on are left as they are; what exceeds the capacity is not written.
    /// </param>
    /// <param name="counts">I32 [rows]: how many entries there are.</param>
    /// <param name="blocks">I32 [rows, any]: ascending; block b stands for the entries from b * width on, as far as they exist. As <see cref="SelectTop"/> lists them.</param>
    /// <param name="blockCounts">I32 [rows]: how many blocks are listed; the others are not read.</param>
    /// <param name="lengths">I32 [rows]: how many entries of a row exist.</param>
    /// <param name="width">The entries of a block.</param>
    /// <param name="last">How many of the last of a row's entries are listed in any case.</param>
    void ExpandBlocks(Tensor selected, Tensor counts, Tensor blocks, Tensor blockCounts, Tensor lengths, int width, int last);
}
