// Command argocd is the application controller and the repo-server of Argo CD in one program.
package main

import (
	"os"

	controller "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	repo "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
)

func main() {
	command := controller.NewCommand()
	if len(os.Args) > 1 && os.Args[1] == "repo" {
		command = repo.NewCommand()
	}
	command.SetArgs(os.Args[2:])
	if err := command.Execute(); err != nil {
		os.Exit(1)
	}
}
