using System.Collections.Generic;

namespace Winnow.Formats;

/// <summary>A tensor of a <see cref="RandomTensorFile"/>: normal deviates.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">How its values are stored.</param>
/// <param name="Shape">Its dimensions, slowest first.</param>
/// <param name="Deviation">The standard deviation of its values, in the K types about that.</param>
/// <param name="Mean">Their mean; 0 in the K types.</param>
public sealed record RandomTensor(string Name, TensorType Type, IReadOnlyList<long> Shape, float Deviation, float Mean = 0);
