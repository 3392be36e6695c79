namespace Winnow.Cache.Policies;

/// <summary>One option of a policy, for lists and for options given as text.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Default">Its default as text.</param>
/// <param name="Description">What it does, with its unit.</param>
public sealed record KvPolicyOption(string Name, string Default, string Description);
