namespace Winnow.Kernels.Sampling;

/// <summary>The memory of one call of the CPU sampler. Grows to the largest row seen, then never again.</summary>
internal sealed class SamplingScratch
{
    /// <summary>The scores of the candidates.</summary>
    public float[] Values { get; private set; } = [];

    /// <summary>The tokens of the candidates, ascending.</summary>
    public int[] Ids { get; private set; } = [];

    /// <summary>The unnormalized probabilities of the candidates.</summary>
    public float[] Weights { get; private set; } = [];

    /// <summary>What typical sampling orders by: the distance of a candidate's surprise from the entropy.</summary>
    public float[] Deviations { get; private set; } = [];

    /// <summary>The indices a selection permutes.</summary>
    public int[] Order { get; private set; } = [];

    /// <summary>One number for each token; all zero between uses.</summary>
    public int[] Counts { get; private set; } = [];

    /// <summary>The tokens whose count is not zero.</summary>
    public int[] Distinct { get; private set; } = [];

    /// <summary>The match lengths of DRY, one for each token of the history.</summary>
    public int[] Matches { get; private set; } = [];

    /// <summary>The last tokens of a history that is kept as a ring.</summary>
    public int[] Window { get; private set; } = [];

    /// <summary>Makes room for a row.</summary>
    public void ReserveRow(int vocab)
    {
        if (Values.Length >= vocab)
        {
            return;
        }

        Values = new float[vocab];
        Ids = new int[vocab];
        Weights = new float[vocab];
        Order = new int[vocab];
        Counts = new int[vocab];
        Distinct = new int[vocab];
    }

    /// <summary>Makes room for the distances of typical sampling, which few chains need.</summary>
    public void ReserveDeviations(int count)
    {
        if (Deviations.Length < count)
        {
            Deviations = new float[Values.Length];
        }
    }

    /// <summary>Makes room for the matches of DRY over a history.</summary>
    public void ReserveMatches(int tokens)
    {
        if (Matches.Length < tokens)
        {
            Matches = new int[tokens];
        }
    }

    /// <summary>Makes room for a window.</summary>
    public void ReserveWindow(int tokens)
    {
        if (Window.Length < tokens)
        {
            Window = new int[tokens];
        }
    }
}
