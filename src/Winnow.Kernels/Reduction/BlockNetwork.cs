using Winnow.Kernels.Attention;

namespace Winnow.Kernels.Reduction;

/// <summary>
/// The network of <see cref="IReduction.PredictBlocks"/>: a convolution to <see cref="Hidden"/> channels and one to <see cref="Features"/>, both 3 x 3 over
/// steps and blocks, a mean over steps, and a weight for each channel.
/// </summary>
public static class BlockNetwork
{
    /// <summary>Steps of a history.</summary>
    public const int Steps = AttentionSignals.HistorySteps;

    /// <summary>Channels of the first convolution.</summary>
    public const int Hidden = 16;

    /// <summary>Channels of the second convolution.</summary>
    public const int Features = 32;

    /// <summary>Taps of a convolution: three steps times three blocks.</summary>
    public const int Taps = 9;

    /// <summary>The fewest blocks that it is asked about.</summary>
    public const int LeastBlocks = 3;

    /// <summary>
    /// How many weights it has, in this order: [Hidden, 1, 3, 3] and [Hidden] biases; [Features, Hidden, 3, 3] and [Features] biases; [Features] and a bias. Of
    /// the two threes the first counts steps, the second blocks.
    /// </summary>
    public const int Weights = (Hidden * Taps) + Hidden + (Features * Hidden * Taps) + Features + Features + 1;
}
