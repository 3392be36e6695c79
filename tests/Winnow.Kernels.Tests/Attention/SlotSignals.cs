namespace Winnow.Kernels.Tests.Attention;

/// <summary>The signals of one slot, in the order of <see cref="SignalCase"/>'s planes, before a call and after it.</summary>
internal sealed record SlotSignals(int Sequence, int KvHead, int Slot, float[] Before, float[] After);
