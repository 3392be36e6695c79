using System;

namespace Winnow.Kernels.Sampling;

/// <summary>Finds where a running sum over an order crosses a target, without sorting: expected linear time.</summary>
internal static class Selection
{
    /// <summary>
    /// The candidate at which the running sum of weights, taken in the order, first reaches the target (or first
    /// exceeds it, where strict); the last
    /// candidate where it never does.
    /// </summary>
    /// <param name="items">Scratch: as long as there are candidates; overwritten.</param>
    /// <param name="weights">The weights, none negative; empty for a weight of 1 each.</param>
    /// <param name="target">What the sum is to reach: a number of candidates, or a <see cref="FixedMass"/>.</param>
    /// <param name="strict">Whether the sum must exceed the target.</param>
    /// <param name="order">The order.</param>
    public static int Crossing<TOrder>(
        Span<int> items, ReadOnlySpan<float> weights, long target, bool strict, TOrder order)
        where TOrder : struct, ICandidateOrder, allows ref struct
    {
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = i;
        }

        long before = 0;
        uint random = 0x9E3779B9;
        int last = 0;
        while (!items.IsEmpty)
        {
            // Which pivot is taken has no influence on the answer; a pseudo-random one has no bad input that occurs.
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            int middle = Partition(items, (int)(random % (uint)items.Length), order);
            int pivot = items[middle];
            long upToPivot = before + Mass(items[..middle], weights);
            long withPivot = upToPivot + (weights.IsEmpty ? 1 : FixedMass.Of(weights[pivot]));
            if (middle > 0 && Reaches(upToPivot, target, strict))
            {
                items = items[..middle];
                continue;
            }

            if (Reaches(withPivot, target, strict))
            {
                return pivot;
            }

            before = withPivot;
            last = pivot;
            items = items[(middle + 1)..];
        }

        return last;
    }

    /// <summary>Sorts candidates by an order.</summary>
    public static void Sort<TOrder>(Span<int> items, TOrder order)
        where TOrder : struct, ICandidateOrder, allows ref struct
    {
        while (items.Length > 1)
        {
            int middle = Partition(items, items.Length / 2, order);
            Span<int> left = items[..middle], right = items[(middle + 1)..];

            // The shorter side by recursion, so that the depth stays logarithmic.
            Sort(left.Length < right.Length ? left : right, order);
            items = left.Length < right.Length ? right : left;
        }
    }

    private static bool Reaches(long sum, long target, bool strict) => strict ? sum > target : sum >= target;

    private static long Mass(ReadOnlySpan<int> items, ReadOnlySpan<float> weights) =>
        weights.IsEmpty ? items.Length : FixedMass.Sum(items, weights);

    private static int Partition<TOrder>(Span<int> items, int pivotIndex, TOrder order)
        where TOrder : struct, ICandidateOrder, allows ref struct
    {
        int pivot = items[pivotIndex];
        int last = items.Length - 1;
        items[pivotIndex] = items[last];
        int middle = 0;
        for (int i = 0; i < last; i++)
        {
            // Swapping always, and only moving the border on a condition, leaves no branch to mispredict.
            int item = items[i];
            items[i] = items[middle];
            items[middle] = item;
            middle += order.Before(item, pivot) ? 1 : 0;
        }

        items[last] = items[middle];
        items[middle] = pivot;
        return middle;
    }
}
