using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Cli.Plots;

/// <summary>Places labels one below the other, each as near to where it wants to be as the others let it.</summary>
internal static class LabelColumn
{
    /// <param name="wanted">Where each label wants to be.</param>
    /// <param name="gap">The least distance between two of them.</param>
    /// <param name="top">The first may be there.</param>
    /// <param name="bottom">The last may be there, if all fit.</param>
    /// <returns>Where each label is, in the order of <paramref name="wanted"/>; of equal ones the earlier is higher.</returns>
    public static double[] Place(IReadOnlyList<double> wanted, double gap, double top, double bottom)
    {
        int[] order = [.. Enumerable.Range(0, wanted.Count).OrderBy(index => wanted[index])];
        double[] places = new double[wanted.Count];
        List<Block> blocks = [];
        foreach (int index in order)
        {
            blocks.Add(new Block(wanted[index], 1));
            while (blocks.Count > 1 && blocks[^2].Last(gap) + gap > blocks[^1].First(gap))
            {
                Block merged = blocks[^2].With(blocks[^1]);
                blocks.RemoveRange(blocks.Count - 2, 2);
                blocks.Add(merged);
            }
        }

        int place = 0;
        double least = top;
        double most = bottom - (gap * (wanted.Count - 1));
        foreach (Block block in blocks)
        {
            for (int i = 0; i < block.Count; i++, place++)
            {
                // Both limits leave room for those before and those after.
                double limit = Math.Max(top, most) + (gap * place);
                places[order[place]] = Math.Max(least, Math.Min(limit, block.First(gap) + (gap * i)));
                least = places[order[place]] + gap;
            }
        }

        return places;
    }

    // Labels that touch; they stand around the mean of where they want to be.
    private readonly record struct Block(double Centre, int Count)
    {
        public double First(double gap) => Centre - (gap * (Count - 1) / 2);

        public double Last(double gap) => Centre + (gap * (Count - 1) / 2);

        public Block With(Block other) =>
            new(((Centre * Count) + (other.Centre * other.Count)) / (Count + other.Count), Count + other.Count);
    }
}
