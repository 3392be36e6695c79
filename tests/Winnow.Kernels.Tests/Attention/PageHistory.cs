namespace Winnow.Kernels.Tests.Attention;

/// <summary>What a call left in the history of a page for one of its tokens.</summary>
internal sealed record PageHistory(int Token, int KvHead, int Page, float Value);
