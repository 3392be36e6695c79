using Winnow.Kernels.Norm;
using Winnow.Kernels.Reduction;

namespace Winnow.Kernels.Cache;

/// <summary>Operations on the paged KV cache.</summary>
public interface ICache
{
    /// <summary>
    /// Appends one layer's keys and values: token i of a sequence goes to slot count + i of each of its heads, with its position,
    /// and the counts grow by the sequence's tokens. The pages must be in the page table already.
    /// </summary>
    /// <param name="cache">The cache.</param>
    /// <param name="batch">The step's tokens.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="keys">Keys after RoPE, F32 [tokens, kvHeads * headDim].</param>
    /// <param name="values">Values, F32 [tokens, kvHeads * headDim].</param>
    /// <param name="norms">The norms to keep with each slot.</param>
    void Append(in PagedKv cache, in RaggedBatch batch, int layer, Tensor keys, Tensor values, in SlotNorms norms = default);

    /// <summary>
    /// What comes before the attention of a layer, in one pass: <see cref="INorm.Rope"/> on the queries in place, the same on the keys,
    /// and <see cref="Append"/> of the keys and the values.
    /// </summary>
    /// <param name="cache">The cache.</param>
    /// <param name="batch">The step's tokens.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="queries">Queries, F32 [tokens, heads * headDim]; normalized and rotated afterwards.</param>
    /// <param name="keys">Keys before RoPE, F32 [tokens, kvHeads * headDim]; undefined afterwards.</param>
    /// <param name="values">Values, F32 [tokens, kvHeads * headDim].</param>
    /// <param name="rotation">The table of angles, the layout and the norms of heads.</param>
    /// <param name="norms">The norms to keep with each slot.</param>
    void AppendRotated(
        in PagedKv cache, in RaggedBatch batch, int layer, Tensor queries, Tensor keys, Tensor values, in Rotation rotation, in SlotNorms norms = default);

    /// <summary>
    /// Keeps some slots of one (row, layer, head) and drops the rest: in place, in order, keys, values, positions and attributes bit for bit.
    /// Sets the count. Pages past the new end are the caller's to give back.
    /// </summary>
    /// <param name="cache">The cache.</param>
    /// <param name="row">The page-table row.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="kvHead">The KV head.</param>
    /// <param name="kept">Slot indices to keep, strictly ascending, each below the count, I32 [kept]; empty keeps none.</param>
    void Compact(in PagedKv cache, int row, int layer, int kvHead, Tensor kept);

    /// <summary>The same for many heads at once, each with a list of its own.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="heads">(row, layer, KV head) of each head, in ascending order, I32 [heads, 3].</param>
    /// <param name="starts">Where each head's list begins in <paramref name="kept"/> and, last, where the last one ends, I32 [heads + 1].</param>
    /// <param name="kept">Slot indices to keep, each list strictly ascending and below its head's count, I32 [any].</param>
    void Compact(in PagedKv cache, Tensor heads, Tensor starts, Tensor kept);

    /// <summary>The same from the lists that <see cref="IReduction.SelectTop"/> writes. A head that keeps all its slots is left alone.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="heads">(row, layer, KV head) of each head, in ascending order, I32 [heads, 3].</param>
    /// <param name="kept">
    /// Slot indices to keep, I32 [heads, capacity], each list strictly ascending and below its head's count; entries from
    /// <paramref name="counts"/> on are not read.
    /// </param>
    /// <param name="counts">How many slots each head keeps, I32 [heads], at most the capacity.</param>
    void KeepSelected(in PagedKv cache, Tensor heads, Tensor kept, Tensor counts);

    /// <summary>
    /// output[i, j] = what the plane has for slot j of head i, for j below the head's count; 0 from the count on. A head with more slots
    /// than there are entries is cut.
    /// </summary>
    /// <param name="output">[heads, entries], of the plane's type.</param>
    /// <param name="cache">The cache.</param>
    /// <param name="heads">(row, layer, KV head) of each head, I32 [heads, 3].</param>
    /// <param name="plane">F32 or I32 [pages, PageSlots]: an attribute, or the positions.</param>
    void GatherSlots(Tensor output, in PagedKv cache, Tensor heads, Tensor plane);

    /// <summary>The opposite: slot j of head i gets input[i, j], for j below the head's count and below the entries; other slots stay.</summary>
    /// <param name="plane">F32 or I32 [pages, PageSlots]: an attribute, or the positions.</param>
    /// <param name="cache">The cache.</param>
    /// <param name="heads">(row, layer, KV head) of each head, in ascending order, I32 [heads, 3].</param>
    /// <param name="input">[heads, entries], of the plane's type; entries from a head's count on are not read.</param>
    void ScatterSlots(Tensor plane, in PagedKv cache, Tensor heads, Tensor input);

    /// <summary>
    /// output[i, j] = the key or value of slot j of head i, widened, for j below the head's count; 0 from the count on. A head with more
    /// slots than there are entries is cut.
    /// </summary>
    /// <param name="output">F32 [heads, entries, headDim].</param>
    /// <param name="cache">The cache.</param>
    /// <param name="heads">(row, layer, KV head) of each head, I32 [heads, 3].</param>
    /// <param name="values">Values instead of keys.</param>
    void GatherVectors(Tensor output, in PagedKv cache, Tensor heads, bool values);

    /// <summary>
    /// Positions in the cache instead of those in the text: slot j of head i with c slots gets position lengths[i] - c + j, and where that
    /// is another one than it has, its key is rotated by the difference (angles and products in float, rounded to the cache's type). Slots
    /// whose position stays keep every bit. (Xiao et al. 2023, arXiv:2309.17453.)
    /// </summary>
    /// <remarks>Each rotation rounds a key once more: in F16 and BF16 the errors of slots that move at every step add up.</remarks>
    /// <param name="cache">The cache.</param>
    /// <param name="heads">(row, layer, KV head) of each head, in ascending order, I32 [heads, 3].</param>
    /// <param name="lengths">The position after that of each head's last slot, I32 [heads], no less than the head's count.</param>
    /// <param name="inverseFrequencies">What <see cref="INorm.RopeTable"/> took for these keys, F32 [rotary / 2].</param>
    /// <param name="layout">Which elements rotate together.</param>
    void Rerotate(in PagedKv cache, Tensor heads, Tensor lengths, Tensor inverseFrequencies, RopeLayout layout);

    /// <summary>
    /// Of the step's tokens keeps those that were accepted, in every head of every layer of each sequence: what follows the check of a
    /// drafted tree. The step's tokens must be the last slots of each head. Older slots stay; counts shrink by what is dropped.
    /// </summary>
    /// <param name="cache">The cache.</param>
    /// <param name="batch">The step whose tokens were appended to all layers.</param>
    /// <param name="starts">Where each sequence's list begins in <paramref name="accepted"/> and, last, where the last one ends, I32 [sequences + 1].</param>
    /// <param name="accepted">
    /// Which of its sequence's tokens of the step, from 0, each list strictly ascending, I32 [as many as the step has tokens, or more].
    /// </param>
    void KeepAccepted(in PagedKv cache, in RaggedBatch batch, Tensor starts, Tensor accepted);

    /// <summary>Copies whole pages: keys, values, positions and attributes.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="sources">Page ids, I32 [n].</param>
    /// <param name="destinations">Page ids, I32 [n]; none of them is a source.</param>
    void CopyPages(in PagedKv cache, Tensor sources, Tensor destinations);
}
